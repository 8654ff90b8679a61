"""Fill a data folder for the browser: run as ``python -m tests.browser.fill FOLDER``.

Its own process, because the framework can be set up for one database only.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(folder: str) -> None:
    """Make a workspace with events, one without, one for files, and one that will be sent some."""
    os.environ["KUNDRESA_DATA_DIR"] = folder
    from kundresa.core.settings import settings
    from kundresa.project.roles import prepare

    found = settings()
    prepare(found)

    from kundresa.accounts.api import MEMBER_ROLES, Workspace, make_workspace, notify
    from kundresa.events.api import make_source, store_of
    from kundresa.journeys.api import save_map
    from tests.areas.maps.worked import MAP, crowd, worked
    from tests.support.members import a_member, session_of

    for name in ("Bicycles", "Drawn", "New", "Sent"):
        workspace = make_workspace(name)
        make_source(workspace.id, "web")
        save_map(workspace.id, MAP, actor="test")
        if name == "Bicycles":
            store_of(workspace.id, found.data_dir).append([*worked(), *crowd()])
    workspaces = list(Workspace.objects.all())
    members = [a_member(*workspaces, role=role, name=f"{role.title()} Ek") for role in MEMBER_ROLES]
    a_member(
        name="Siv Ask",
        email="passkey@example.se",
        password="en lång fras om tåg",
    )
    for workspace in workspaces[:2]:
        name = "a-very-long-name-of-a-file-of-orders-2026-spring.csv"
        notify(members[0], workspace, "import_failed", {"file": name}, "/w/bicycles/imports/")
        notify(members[0], workspace, "import_done", {"file": name, "events": 1, "readings": 0})
    sessions = {role: session_of(one) for role, one in zip(MEMBER_ROLES, members, strict=True)}
    (Path(folder).parent / "sessions.json").write_text(json.dumps(sessions))


if __name__ == "__main__":
    main(sys.argv[1])
