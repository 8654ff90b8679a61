"""A map document as the measures see it."""

from __future__ import annotations

from kundresa.documents import MapDocument
from kundresa.documents.map_model import Stage
from kundresa.measures.specs import MapSpec, StageSpec, StepSpec, TouchpointSpec, Unit


def spec_of(document: MapDocument) -> MapSpec:
    """Take from a map what its numbers depend on.

    A touchpoint belongs to the stages of the steps on which it is placed.
    """
    settings = document.measure
    return MapSpec(
        stages=tuple(_stage(document, stage) for stage in document.stages),
        touchpoints=tuple(TouchpointSpec(each.id, each.matcher) for each in document.touchpoints),
        unit=_unit(settings.unit),
        journey_gap=settings.journey_gap_us,
        patience=settings.patience_us,
        value_events=settings.value_events,
        currency=settings.currency,
        credit_model=settings.credit_model,  # type: ignore[arg-type] # the schema names the three
    )


def _stage(document: MapDocument, stage: Stage) -> StageSpec:
    return StageSpec(
        id=stage.id,
        steps=tuple(StepSpec(step.id, _placed(document, step.id)) for step in stage.steps),
        reached_when=stage.reached_when,
        ends_journey=stage.ends_journey,
        patience=stage.patience_us,
    )


def _placed(document: MapDocument, step: str) -> tuple[str, ...]:
    order = [each.id for each in document.steps]
    here = order.index(step)
    names = [
        card.touchpoint
        for card in document.placements
        if card.touchpoint and order.index(card.from_step) <= here <= order.index(card.to_step)
    ]
    return tuple(dict.fromkeys(names))


def _unit(unit: object) -> Unit:
    if isinstance(unit, dict):
        return ("property", str(unit["property"]))
    return "account" if unit == "account" else "profile"
