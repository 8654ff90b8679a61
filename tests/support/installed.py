"""The stores of an installation that runs in processes of its own, on SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from kundresa.store import Store
from kundresa.store.keeper import EMPTY, FolderKeeper


class _Row(FolderKeeper):
    """Reads the version where the installation keeps it; nothing before there is one."""

    def __init__(self, data: Path, workspace: int) -> None:
        super().__init__(data / "stores" / str(workspace))
        self._database, self._workspace = data / "kundresa.db", workspace

    def read(self) -> str:
        """Give the row's text."""
        if not self._database.exists():
            return EMPTY
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as database:
            # Its first command is still making the tables, one migration after the other.
            is_made = database.execute(
                "SELECT 1 FROM pragma_table_info('store_version') WHERE name = 'text'"
            ).fetchone()
            query = "SELECT text FROM store_version WHERE workspace_id = ?"
            found = database.execute(query, [self._workspace]).fetchone() if is_made else None
        return (found and found[0]) or EMPTY


def store_of(data: Path, workspace: int = 1) -> Store:
    """Open a store of the installation in a data folder, to read it."""
    return Store(data / "stores" / str(workspace), keeper=_Row(data, workspace))
