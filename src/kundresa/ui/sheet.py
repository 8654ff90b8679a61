"""Join the style sheets of ``look/`` into the one that pages load.

One request and one order: ``python -m kundresa.ui.sheet`` writes ``static/ui/kundresa.css``, and a
test holds the two together. Comments stay behind.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
SHEET: Final = HERE / "static/ui/kundresa.css"
ORDER: Final = (
    "fonts", "map", "tokens", "base", "frame", "table", "form", "parts", "page", "over", "print",
)  # fmt: skip


def joined() -> str:
    """Give the style sheet of every page."""
    parts = [(HERE / "look" / f"{name}.css").read_text("utf-8") for name in ORDER]
    bare = re.sub(r"/\*.*?\*/\n?", "", "".join(parts), flags=re.DOTALL)
    return "/* Made by kundresa.ui.sheet from ui/look; change it there. */\n" + bare


if __name__ == "__main__":
    SHEET.write_text(joined(), "utf-8")
