"""A drawn map over the events that the reference works through by hand, and a crowd beside them.

The worked journeys are twenty; the crowd gives rates with intervals, answers and a dead end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from kundresa.core.records import Event, parse_event

FOLDER = Path(__file__).resolve().parents[3] / "examples/worked"
MAP_ID = "bicycle"
MAP = """
journey-map: 1
id: bicycle
title: {en: I buy a bicycle, sv: Jag köper en cykel, nb: Jeg kjøper en sykkel, da: Jeg køber en cykel}
kind: current_state
mode: planned
language: en
personas: [commuter]
library:
  personas:
    - id: commuter
      name: {en: The commuter, sv: Arbetspendlaren, nb: Pendleren, da: Pendleren}
      kind: buyer
  touchpoints:
    - {id: visit, name: {en: Visits the site, sv: Besöker webbplatsen}, channel: web, matcher: visit}
    - {id: compare, name: {en: Compares models, sv: Cykelmodelljämförelseverktyget}, channel: web, matcher: compare}
    - {id: chat, name: {en: Asks in the chat, sv: Frågar i chatten}, channel: chat, matcher: chat}
    - {id: checkout, name: {en: Pays, sv: Betalar}, channel: web, matcher: checkout}
    - {id: return, name: {en: Sends it back, sv: Skickar tillbaka}, channel: letter, matcher: return_sent}
    - {id: shop, name: {en: Visits the shop, sv: Besöker butiken}, channel: store}
lanes:
  - {id: touch, kind: touchpoints}
  - {id: emotion, kind: emotion_curve, title: {en: How it feels, sv: Hur det känns}}
  - {id: pain, kind: pain_points}
stages:
  - id: discover
    name: {en: Discover, sv: Upptäckandefasen}
    steps:
      - {id: look, action: {en: I look around, sv: Jag ser mig omkring}, touchpoints: [visit], emotion: {drawn: {commuter: 1}}}
  - id: choose
    name: {en: Choose, sv: Välja}
    steps:
      - id: weigh
        action: {en: I weigh the models, sv: Jag väger modellerna mot varandra}
        touchpoints: [compare, chat]
        emotion: {drawn: {commuter: -1}}
        pain_points: [{en: Nobody answers in the evening, sv: Ingen svarar på kvällen}]
  - id: buy
    name: {en: Buy, sv: Köpa}
    ends_journey: true
    steps:
      - {id: pay, action: {en: I pay, sv: Jag betalar}, touchpoints: [checkout, return, shop], emotion: {drawn: {commuter: 2}}}
"""  # fmt: skip


def worked() -> list[Event]:
    """The events of the reference's example."""
    lines = (FOLDER / "events.jsonl").read_text("utf-8").splitlines()
    return [parse_event(json.loads(line)) for line in lines]


def crowd(size: int = 90) -> list[Event]:
    """All look, two of three compare and are asked, one of three asks the chat and is gone."""
    return [parse_event(row) for number in range(size) for row in _one(number)]


def _one(number: int) -> Iterator[dict[str, object]]:
    name, day = f"c{number:03}", f"2026-01-{1 + number % 20:02}"
    yield {"profile": name, "event": "visit", "time": f"{day}T09:00:00Z"}
    if number % 3 == 0:
        yield {"profile": name, "event": "chat", "time": f"{day}T10:00:00Z"}
        return
    score = {"value": 1 + number % 5, "scale": "csat5"}
    yield {"profile": name, "event": "compare", "time": f"{day}T10:00:00Z", "score": score}
    if number % 6 > 1:
        yield {"profile": name, "event": "checkout", "time": f"{day}T11:00:00Z",
               "value": 4900, "currency": "SEK"}  # fmt: skip
