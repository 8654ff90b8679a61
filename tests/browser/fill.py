"""Fill a data folder for the browser: run as ``python -m tests.browser.fill FOLDER``.

Its own process, because the framework can be set up for one database only.
"""

from __future__ import annotations

import os
import sys


def main(folder: str) -> None:
    """Make a workspace with events, one without, one for files, and one that will be sent some."""
    os.environ["KUNDRESA_DATA_DIR"] = folder
    from kundresa.core.settings import settings
    from kundresa.project.roles import prepare

    found = settings()
    prepare(found)

    from kundresa.accounts.api import make_workspace
    from kundresa.events.api import make_source, store_of
    from kundresa.journeys.api import save_map
    from tests.areas.maps.worked import MAP, crowd, worked

    for name in ("Bicycles", "Drawn", "New", "Sent"):
        workspace = make_workspace(name)
        make_source(workspace.id, "web")
        save_map(workspace.id, MAP, actor="test")
        if name == "Bicycles":
            store_of(workspace.id, found.data_dir).append([*worked(), *crowd()])


if __name__ == "__main__":
    main(sys.argv[1])
