"""What the templates of the log-in package ask of us: ``{% load accounts %}``."""

from __future__ import annotations

from django import template

from kundresa.accounts.mailing import mail_is_set_up

register = template.Library()
register.simple_tag(mail_is_set_up, name="mails")
