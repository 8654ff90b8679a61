"""Maps to draw in tests: a small one with long Swedish words, and a large one."""

from __future__ import annotations

from typing import Any

from kundresa.documents.layout.view import (
    CardView,
    EmotionView,
    LaneView,
    MapView,
    PersonaView,
    StageView,
    StepView,
)

_STAGES = (
    ("st_aware", "Medvetenhet", ("Ser en annons på spårvagnen", "Söker elavtalsjämförelser")),
    ("st_consider", "Övervägande", ("Läser om pris och bindningstid", "Frågar grannen")),
    ("st_buy", "Köp", ("Fyller i formuläret", "Signerar med BankID")),
    ("st_use", "Användning", ("Får första fakturan",)),
)
_LANES: tuple[tuple[str, str, tuple[tuple[int, int, str], ...]], ...] = (
    ("actions", "Gör", ((0, 0, "Pendlar till jobbet och ser reklam"), (2, 3, "Jämför tre bolag i ett kalkylark och frågar grannen vad de betalar"), (4, 4, "Letar anläggnings-id på den gamla fakturan"), (6, 6, "Öppnar fakturan i mobilen"))),
    ("questions", "Frågor", ((0, 0, "Vad kostar det?"), (1, 1, "Vilket bolag är pålitligast?"), (2, 2, "Vad betyder elområdesprisskillnadsersättning?"), (5, 5, "När börjar avtalet gälla?"))),
    ("pain_points", "Smärtpunkter", ((1, 1, "Jämförelsesidorna visar olika priser"), (4, 4, "Anläggningsidentifikationsnummerförteckningen går inte att hitta"), (6, 6, "Fakturan är högre än kalkylen"))),
    ("opportunities", "Möjligheter", ((2, 3, "Visa totalkostnaden per månad direkt, med elnätet inräknat"), (4, 4, "Hämta anläggnings-id automatiskt"))),
)  # fmt: skip
_TOUCHPOINTS = (
    (0, "tp_ad", "Utomhusannons", "outdoor"),
    (1, "tp_search", "Sökresultat", "search"),
    (2, "tp_site", "Prissidan på webbplatsen", "web"),
    (3, "tp_word", "Grannens råd", "word_of_mouth"),
    (4, "tp_form", "Tecknandeformulär", "web"),
    (5, "tp_mail", "Bekräftelse via e-post", "email"),
    (6, "tp_invoice", "Förstagångsfaktura", "invoice"),
)
_FEELINGS = (
    ("p1", (0, 0.5, -0.5, 1, -1.5, 1.5, -1), ("nyfiken", "", "osäker", "", "frustrerad", "lättad", "besviken")),
    ("p2", (1, 1.5, 0.5, 0, -0.5, 1, 0.5), ("",) * 7),
)  # fmt: skip


def small_map(kind: str = "current_state", personas: int = 2) -> MapView:
    steps: list[StepView] = []
    stages: list[StageView] = []
    for record, name, names in _STAGES:
        first = len(steps)
        for step in names:
            at = len(steps)
            steps.append(StepView(f"sp_{at}", step, at, record, moment_of_truth=at == 4))
        stages.append(StageView(record, name, first, len(steps) - 1))
    people = (PersonaView("p1", "Barnfamiljen Bergström", 0), PersonaView("p2", "Prisjägaren", 1))
    return MapView(
        "map_7K2",
        "Jag byter elavtal",
        kind,
        "planned",
        "sv",
        people[:personas],
        tuple(stages),
        tuple(steps),
        (LaneView("ln_emotion", "emotion_curve", "Känsla"), _touchpoint_lane(), *_text_lanes()),
        _emotions(personas),
    )


def _touchpoint_lane() -> LaneView:
    cards = tuple(
        CardView(f"pl_{record}", text, "touchpoint", at, at, "", channel, record)
        for at, record, text, channel in _TOUCHPOINTS
    )
    return LaneView("ln_touch", "touchpoints", "Kontaktpunkter", cards, "customer", "interaction")


def _text_lanes() -> tuple[LaneView, ...]:
    return tuple(
        LaneView(
            f"ln_{kind}",
            kind,
            title,
            tuple(CardView(f"{kind}{i}", text, kind, a, b) for i, (a, b, text) in enumerate(cards)),
        )
        for kind, title, cards in _LANES
    )


def _emotions(personas: int) -> tuple[EmotionView, ...]:
    drawn = [
        EmotionView(at, persona, "drawn", value, labels[at])
        for persona, values, labels in _FEELINGS[:personas]
        for at, value in enumerate(values)
    ]
    desired = [EmotionView(at, "p1", "desired", v) for at, v in enumerate((1, 1, 1, 1.5, 1, 2, 1))]
    measured = [
        EmotionView(2, "p1", "measured", -0.1, "", 84, -0.3, 0.1),
        EmotionView(4, "p1", "measured", -1.1, "", 12, -1.6, -0.6),
        EmotionView(6, "p1", "measured", -0.4, "", 3, -1.9, 1.1),
    ]
    return (*drawn, *desired, *measured)


def _stage(record: str, reached: int, split: tuple[int, int, int, int, int]) -> dict[str, Any]:
    on, done, back, open_, lost = split
    rate = on / (on + lost) if on + lost else None
    return {
        "id": record, "reached": reached, "went_on": on, "completed": done, "came_back": back,
        "open": open_, "lost": lost, "counts_only": on + lost < 30, "stopped_here": lost,
        "go_on_rate": rate and {"rate": rate, "low": rate - 0.03, "high": rate + 0.03},
    }  # fmt: skip


def _touch(
    record: str, reach: int, exits: int, share: float, state: str = "used"
) -> dict[str, Any]:
    return {
        "id": record, "reach": reach, "touches": reach * 2, "exits": exits,
        "share_of_stage": share, "dead_end": record == "tp_form", "state": state,
    }  # fmt: skip


def small_live() -> dict[str, Any]:
    return {
        "stages": [
            _stage("st_aware", 12480, (7904, 0, 12, 1864, 2700)),
            _stage("st_consider", 8110, (4020, 0, 210, 980, 2900)),
            _stage("st_buy", 4105, (24, 0, 0, 4077, 4)),
            _stage("st_use", 2210, (0, 2210, 0, 0, 0)),
        ],
        "touchpoints": [
            _touch("tp_ad", 0, 0, 0, "not_instrumented"),
            _touch("tp_search", 11020, 1400, 0.88),
            _touch("tp_site", 8011, 2210, 0.98),
            _touch("tp_word", 0, 0, 0, "no_data"),
            _touch("tp_form", 4105, 1730, 1.0),
            _touch("tp_mail", 0, 0, 0, "unused"),
            _touch("tp_invoice", 2210, 0, 1.0),
        ],
    }


def large_map(steps: int = 60, lanes: int = 25) -> MapView:
    columns = tuple(
        StepView(f"s{i}", f"Steg {i} i kundresan", i, f"g{i // 6}") for i in range(steps)
    )
    stages = tuple(StageView(f"g{k}", f"Fas {k}", k * 6, k * 6 + 5) for k in range(steps // 6))
    rows = tuple(
        LaneView(
            f"l{row}",
            "text",
            f"Bana {row}",
            tuple(
                CardView(
                    f"c{row}_{i}", f"Kort {i} med kundundersökningsresultat {row}", "pain", i, i
                )
                for i in range(steps)
            ),
        )
        for row in range(lanes)
    )
    return MapView("big", "Stor karta", "current_state", "planned", "sv", (), stages, columns, rows)


def empathy_map() -> MapView:
    texts = {
        "quotes": ("Jag vill bara veta vad det kostar", "Det är ju samma el", "Ring mig inte"),
        "thoughts": ("Tänk om jag blir lurad", "Är rörligt pris farligt?"),
        "actions": ("Jämför i ett kalkylark", "Frågar grannen", "Skjuter upp beslutet"),
        "feelings": ("Osäkerhet inför bindningstidsvillkoren", "Lättnad när det är klart"),
    }
    lanes = tuple(
        LaneView(
            f"ln_{kind}",
            kind,
            kind,
            tuple(CardView(f"{kind}{i}", text, kind, 0, 0) for i, text in enumerate(cards)),
        )
        for kind, cards in texts.items()
    )
    people = (PersonaView("p1", "Barnfamiljen Bergström", 0),)
    return MapView(
        "emp", "Barnfamiljen inför elavtalet", "empathy_map", "planned", "sv", people, lanes=lanes
    )
