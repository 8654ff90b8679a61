"""Write the advance widths of Inter that the map layout measures text with.

The layout runs without a browser and must break lines where the browser does, so it reads
the widths from the very files that pages load.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "src/kundresa/ui/static/ui/vendor/inter"
TARGET = ROOT / "src/kundresa/documents/layout/inter_metrics.json"

WEIGHTS = {"regular": 400, "semibold": 600, "bold": 700}
# Later subsets fill in what the earlier lack, as unicode-range does on a page.
SUBSETS = ("latin", "latin-ext")
CHARACTERS = (
    *map(chr, range(0x20, 0x7F)),
    *map(chr, range(0xA0, 0x180)),
    *map(chr, range(0x2010, 0x2028)),
    *"\u2030\u2032\u2033\u2039\u203a\u20ac\u2122\u2190\u2191\u2192\u2193\u2212\u221e\u2248\u2260\u2264\u2265",
)


def main() -> int:
    """Read every weight and write one JSON file."""
    latin = TTFont(FONTS / "inter-latin-400-normal.woff2")
    metrics: dict[str, object] = {
        "units_per_em": latin["head"].unitsPerEm,
        "ascent": latin["hhea"].ascent,
        "descent": latin["hhea"].descent,
        "line_gap": latin["hhea"].lineGap,
    }
    metrics |= {name: advances(weight) for name, weight in WEIGHTS.items()}
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(json.dumps(metrics, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def advances(weight: int) -> dict[str, int]:
    """Return the advance of each wanted character that the font has, in font units."""
    found: dict[str, int] = {}
    for subset in SUBSETS:
        font = TTFont(FONTS / f"inter-{subset}-{weight}-normal.woff2")
        names, widths = font.getBestCmap(), font["hmtx"].metrics
        for character in CHARACTERS:
            if ord(character) in names:
                found.setdefault(character, widths[names[ord(character)]][0])
    return {character: found[character] for character in CHARACTERS if character in found}


if __name__ == "__main__":
    sys.exit(main())
