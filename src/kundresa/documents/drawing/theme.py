"""The look of a drawn map: one set of rules for files, slides' colours and the page.

Stage and persona colours are told apart with the common kinds of colour blindness, and no meaning
rests on colour alone. ``python -m kundresa.documents.drawing.theme`` prints the style sheet of the
page, which is kept as ``ui/look/map.css``; ``python -m kundresa.ui.sheet`` joins it to the rest.
"""

from __future__ import annotations

import re
import sys
from typing import Final

_STAGES: Final = {
    "light": (
        ("#dae7f3", "#163f63", "#f4f8fc"),
        ("#d6efec", "#0c5049", "#f2faf9"),
        ("#fbe9cd", "#6d4207", "#fefaf3"),
        ("#ecdff5", "#5a2a78", "#faf6fd"),
        ("#dbeff9", "#0c4a68", "#f3fafd"),
        ("#fbe0dc", "#852a1c", "#fef6f5"),
        ("#e6ecd2", "#434f12", "#f9fbf2"),
        ("#e4e6ec", "#343c4e", "#f7f8fa"),
    ),
    "dark": (
        ("#1b3a57", "#cfe3f6", "#15212e"),
        ("#12443f", "#b9e9e2", "#12201f"),
        ("#503910", "#fbe0b4", "#211b11"),
        ("#452a5a", "#ead3f8", "#1e1726"),
        ("#143f56", "#c3e6f8", "#121e26"),
        ("#5a2a23", "#fbd3cc", "#241715"),
        ("#3b4417", "#e2edb9", "#1b1e12"),
        ("#363c4a", "#dfe3ec", "#191c22"),
    ),
}
_PERSONAS: Final = {
    "light": ("#1c5a8c", "#c2500c", "#0b7a6f", "#8a3fb0", "#7a6200", "#b3266a"),
    "dark": ("#7db7ea", "#ff9d61", "#4fd1c1", "#d49bf5", "#e0c14a", "#ff8cbc"),
}
_PLAIN: Final = {
    "light": {
        "paper": "#ffffff", "ink": "#16212c", "quiet": "#586270", "line": "#e4e2dc",
        "card": "#ffffff", "card-line": "#d8d6cf", "live": "#ffffff", "chip": "#efede7",
        "pain": "#b8430f", "gain": "#0b7566", "idea": "#1c5a8c", "ask": "#84409f",
        "quote": "#8a8f96", "went-on": "#1c5a8c", "completed": "#0d2f4f", "came-back": "#9d7bc4",
        "open": "#c9c6bd", "lost": "#d9631e", "flag": "#fde4d8", "flag-ink": "#8d2d06",
        "moment": "#b7791f", "icon": "#efede7", "icon-ink": "#3b4652", "area": "#1c5a8c",
        "bar": "#5b93c4",
    },
    "dark": {
        "paper": "#141a22", "ink": "#ecf0f4", "quiet": "#a3aebb", "line": "#2a333f",
        "card": "#1a212b", "card-line": "#35404d", "live": "#1a212b", "chip": "#1f2731",
        "pain": "#ff9d61", "gain": "#52cfbb", "idea": "#7db7ea", "ask": "#d49bf5",
        "quote": "#7f8a98", "went-on": "#5f9fd6", "completed": "#cfe4f7", "came-back": "#a98bd0",
        "open": "#4b5663", "lost": "#f0823f", "flag": "#52240f", "flag-ink": "#ffc9a8",
        "moment": "#eab04c", "icon": "#27303c", "icon-ink": "#c9d3de", "area": "#7db7ea",
        "bar": "#5f9fd6",
    },
}  # fmt: skip

FONT_STACK: Final = 'Inter, "Inter Variable", system-ui, -apple-system, "Segoe UI", sans-serif'

_RULES: Final = """\
.k-map text { font-family: %(font)s; fill: var(--k-ink); }
.k-paper { fill: var(--k-paper); }
.k-rule { fill: var(--k-line); }
.k-map .k-quiet, .k-map .k-lane-name { fill: var(--k-quiet); }
.k-map .k-lane-name { fill: var(--k-ink); }
.k-chip { fill: var(--k-chip); stroke: var(--k-line); }
.k-chip.k-negative { stroke-dasharray: 4 3; stroke: var(--k-quiet); }
.k-hub { fill: var(--k-paper); stroke: var(--k-line); stroke-width: 2; }
.k-card { fill: var(--k-card); stroke: var(--k-card-line); }
.k-card-quote { fill: var(--k-card); }
.k-state-not_instrumented, .k-state-no_data { stroke-dasharray: 4 3; }
.k-state-unused { stroke-dasharray: 1 3; }
.k-accent-pain { fill: var(--k-pain); }
.k-accent-gain { fill: var(--k-gain); }
.k-accent-idea { fill: var(--k-idea); }
.k-accent-ask { fill: var(--k-ask); }
.k-accent-quote { fill: var(--k-quote); }
.k-icon-ground { fill: var(--k-icon); }
.k-glyph { fill: none; stroke: var(--k-icon-ink); stroke-width: 1.3; stroke-linejoin: round; \
stroke-linecap: round; }
.k-live-card { fill: var(--k-live); stroke: var(--k-card-line); }
.k-bar-ground { fill: var(--k-line); }
.k-bar { fill: var(--k-bar); }
.k-went_on { fill: var(--k-went-on); }
.k-completed { fill: var(--k-completed); }
.k-came_back { fill: var(--k-came-back); }
.k-open { fill: var(--k-open); }
.k-lost { fill: var(--k-lost); }
.k-map .k-drop { fill: var(--k-quiet); }
.k-flag { fill: var(--k-flag); }
.k-map .k-flag-text { fill: var(--k-flag-ink); }
.k-axis { fill: none; stroke: var(--k-line); stroke-dasharray: 2 4; }
.k-axis-zero { stroke: var(--k-card-line); stroke-dasharray: none; stroke-width: 1.5; }
.k-face { fill: none; stroke: var(--k-quiet); stroke-width: 1.2; }
.k-face-eye { fill: var(--k-quiet); }
.k-face-mouth { fill: none; stroke: var(--k-quiet); stroke-width: 1.2; stroke-linecap: round; }
.k-curve { fill: none; stroke-width: 3.5; stroke-linecap: round; stroke-linejoin: round; }
.k-curve.k-layer-desired { stroke-width: 2; stroke-dasharray: 7 6; }
.k-curve.k-layer-computed { stroke-width: 2; stroke-dasharray: 1.5 5; }
.k-curve-area { fill-opacity: 0.14; }
.k-good-area { fill: var(--k-area); }
.k-bad-area { fill: var(--k-lost); fill-opacity: 0.18; }
.k-sample { fill: none; stroke: var(--k-quiet); stroke-width: 2; }
.k-sample.k-layer-desired { stroke-dasharray: 5 4; }
.k-sample.k-layer-computed { stroke-dasharray: 1.5 4; }
.k-sample-dot { fill: var(--k-quiet); }
.k-point { stroke: var(--k-paper); stroke-width: 2; }
.k-measured { stroke: var(--k-paper); stroke-width: 1.5; }
.k-whisker { fill: none; stroke-width: 1.5; }
.k-halo { fill: var(--k-paper); fill-opacity: 0.85; }
.k-moment { fill: var(--k-moment); fill-opacity: 0.07; }
.k-moment-star { fill: var(--k-moment); }
.k-clock-line { fill: none; stroke: var(--k-card-line); stroke-width: 2; }
.k-clock-dot { fill: var(--k-ink); }
.k-service-line { fill: none; stroke: var(--k-quiet); stroke-dasharray: 6 5; }
.k-map .k-service-name { fill: var(--k-quiet); }
.k-edge { fill: var(--k-line); }
"""


def _stage_rules() -> str:
    lines = [
        f".k-stage-head.k-stage-{n} {{ fill: var(--k-stage-{n}); }}\n"
        f".k-map .k-stage-name.k-stage-{n} {{ fill: var(--k-stage-{n}-ink); }}\n"
        f".k-stage-ground.k-stage-{n} {{ fill: var(--k-stage-{n}-ground); }}\n"
        for n in range(len(_STAGES["light"]))
    ]
    return "".join(lines)


def _persona_rules() -> str:
    lines = [
        f".k-persona-{n} {{ fill: var(--k-persona-{n}); }}\n"
        f".k-curve.k-persona-{n}, .k-whisker.k-persona-{n} "
        f"{{ fill: none; stroke: var(--k-persona-{n}); }}\n"
        f".k-hollow.k-persona-{n} {{ fill: var(--k-paper); stroke: var(--k-persona-{n}); "
        "stroke-width: 2; }\n"
        for n in range(len(_PERSONAS["light"]))
    ]
    return "".join(lines)


def tokens(theme: str) -> dict[str, str]:
    """Give the colours of a theme, light or dark, by name."""
    named = dict(_PLAIN[theme])
    for index, (head, ink, ground) in enumerate(_STAGES[theme]):
        named |= {
            f"stage-{index}": head,
            f"stage-{index}-ink": ink,
            f"stage-{index}-ground": ground,
        }
    return named | {f"persona-{n}": colour for n, colour in enumerate(_PERSONAS[theme])}


def rules() -> str:
    """Give the rules, their colours still names."""
    return _RULES % {"font": FONT_STACK} + _stage_rules() + _persona_rules()


def resolved(theme: str) -> str:
    """Give the rules with the colours of one theme, for readers that know no variables."""
    named = tokens(theme)
    return re.sub(r"var\(--k-([\w-]+)\)", lambda found: named[found[1]], rules())


def _declared(theme: str, selector: str) -> str:
    lines = "".join(f"  --k-{name}: {colour};\n" for name, colour in tokens(theme).items())
    return f"{selector} {{\n{lines}}}\n"


def stylesheet() -> str:
    """Give the style sheet of the page: light, dark by the system or by choice, light on paper."""
    dark = _declared("dark", ':root:not([data-theme="light"])')
    chosen = _declared("dark", ':root[data-theme="dark"]')
    return (
        "/* Made by kundresa.documents.drawing.theme; change it there. */\n"
        + _declared("light", ":root")
        + f"@media screen and (prefers-color-scheme: dark) {{\n{dark}}}\n"
        + f"@media screen {{\n{chosen}}}\n"
        + rules()
    )


if __name__ == "__main__":
    sys.stdout.write(stylesheet())
