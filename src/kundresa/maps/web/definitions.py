"""How every number on a map is counted, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from kundresa.maps.contracts import Definition


def stage_definitions() -> list[Definition]:
    """Give the definitions in the language of the reader."""
    return [Definition(name, text) for name, text in (*_of_stages(), *_of_touchpoints())]


def _of_stages() -> list[tuple[str, str]]:
    return [
        (_("Journey"), _("What one customer did on this map, in time order. A new journey starts after a long pause without any event of the map, or after a stage that ends the journey.")),
        (_("Reached"), _("Journeys with an event in the stage. They split into the five parts below.")),
        (_("Went on"), _("Has an event of a later stage at or after its first event here.")),
        (_("Completed"), _("Reached the last stage, or one that ends the journey.")),
        (_("Came back"), _("Reached a later stage only before its first event here.")),
        (_("Open"), _("Has not gone on, and its last event is so recent that it still may.")),
        (_("Lost"), _("Has not gone on, and nothing has happened for longer than the map is patient.")),
        (_("Go on"), _("Went on, divided by went on and lost together; open and came back are in neither. With its 95% interval (Wilson). Under 30 such journeys only the counts are shown.")),
        (_("Drop-off"), _("What the go-on rate lacks to the whole.")),
    ]  # fmt: skip


def _of_touchpoints() -> list[tuple[str, str]]:
    return [
        (_("Reach"), _("Journeys that touched it, and beside it their share of the journeys that reached the stage. The touchpoints of a stage overlap, so their shares need not add up.")),
        (_("Exits"), _("Lost journeys whose last event of the map is here.")),
        (_("Dead end"), _("Clearly more journeys end here than in the stage as a whole, with at least 30 journeys and a correction for testing the whole map at once.")),
        (_("Not measured yet"), _("The touchpoint has no rule that says which events belong to it.")),
        (_("No touch, no data"), _("No touch: its source sent events in the period, but none belongs here. No data: its source sent nothing at all.")),
        (_("Measured emotion"), _("The mean of the answers, between −2 and +2, with its 95% interval; n is how many answered. Hollow under 30 answers; not shown under 5.")),
    ]  # fmt: skip
