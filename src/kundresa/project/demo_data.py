"""The demo's workspace: the Open University's enrolments, real data shipped with the package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from kundresa.project.data_folder import DataFolder

WORKSPACE: Final = "open-university"
_ACTOR: Final = "kundresa demo"
MAP: Final = "open-university"
_DATA: Final = Path(__file__).parent / "demo" / "open_university"


def fill(folder: DataFolder, progress: Callable[[str, int], None]) -> None:
    """Make the workspace with its map and its events; a second call changes nothing."""
    from kundresa.accounts.api import ensure_demo_owner, ensure_workspace
    from kundresa.events.api import store_of, take_in
    from kundresa.events.sources import fingerprint, read_mapped, read_mapping
    from kundresa.journeys.api import save_map

    workspace = ensure_workspace("Open University", slug=WORKSPACE)
    ensure_demo_owner([workspace])
    text = (_DATA / "journey.journey.yaml").read_text("utf-8")
    save_map(workspace.id, text, actor=_ACTOR)
    mapping = read_mapping(_DATA / "mapping.yaml")
    if store_of(workspace.id, folder.path).event_count:
        return
    take_in(
        workspace.id, folder.store(workspace.id), read_mapped(mapping, progress=progress),
        name="open_university/mapping.yaml", fingerprint=fingerprint(mapping), actor=_ACTOR,
    )  # fmt: skip
