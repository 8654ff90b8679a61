"""The components of a page as template tags: ``{% load components %}``.

Each is one partial in ``templates/ui/parts`` and stands on the pattern page in all its states.
"""

from __future__ import annotations

import json
from typing import Any, Final

from django import template
from django.http import HttpRequest

from kundresa.ui import navigation, wishes

register = template.Library()

HTMX: Final = {
    # What our policy refuses, and what would reach other machines.
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "timeout": 30_000,
    # A form comes back with its faults as 400 or 422; everything else that fails is told.
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "(400|422)", "swap": True, "error": False},
        {"code": "...", "swap": False, "error": True},
    ],
}


@register.simple_tag
def look_of(request: HttpRequest | None) -> str:
    """Give the look that the reader chose."""
    return wishes.look_of(request or None)


@register.simple_tag
def places_of(request: HttpRequest | None) -> list[navigation.Place]:
    """Give the places of the bar."""
    return navigation.places_of(request or None)


@register.simple_tag
def htmx_config() -> str:
    """Give what htmx is told."""
    return json.dumps(HTMX)


@register.simple_block_tag(takes_context=True)
def page_head(context: template.Context, content: str, title: str, **wishes: Any) -> str:
    """Write the head of a page: its title, a lead, and inside the tag what can be done."""
    return _part(context, "page_head", title=title, content=content.strip(), **wishes)


@register.simple_block_tag(takes_context=True)
def empty(context: template.Context, content: str, title: str, text: str, **wishes: Any) -> str:
    """Say what isn't there yet, why, and inside the tag how to begin."""
    return _part(context, "empty", title=title, text=text, content=content.strip(), **wishes)


def _part(context: template.Context, name: str, **given: Any) -> str:
    found = context.template.engine.get_template(f"ui/parts/{name}.html")  # type: ignore[union-attr]
    with context.push(**given):
        return found.render(context)
