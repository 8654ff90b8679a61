"""The sections beside a page of the settings, also where another area draws it.

A tag, because an area enters this one by its door, and pages are behind it.
"""

from __future__ import annotations

from django import template

from kundresa.accounts.web.sections import sections_of
from kundresa.ui.contracts import Tab

register = template.Library()


@register.simple_tag(takes_context=True)
def settings_sections(context: template.Context) -> list[Tab]:
    """Give the sections that whoever looks may open."""
    found: list[Tab] | None = context.get("sections")
    return sections_of(context["request"]) if found is None else found
