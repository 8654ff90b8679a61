"""How the documentation is built; ``make docs`` turns warnings into errors."""

from importlib.metadata import version as installed

project = "Kundresa"
author = "The Kundresa authors"
copyright = "2026, The Kundresa authors"
release = version = installed("kundresa")

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True
# A page for copying is no page of the book.
exclude_patterns = ["_build", "decisions/template.md"]

html_theme = "furo"
html_title = "Kundresa"
