"""The version of a workspace's store as a row of the database, swapped in one short transaction.

On SQLite, which serves one machine, holds are locks of files: they cost no write, and the system
frees those of a killed process at once. On PostgreSQL they are leases.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from django.db import connection, transaction

from kundresa.core.errors import BadInputError
from kundresa.events.leases import Leases
from kundresa.events.models import StoreVersion
from kundresa.store import Version
from kundresa.store.keeper import EMPTY, WRITING, Along, FileHolds, FolderKeeper
from kundresa.store.objects import write_durably
from kundresa.store.version import in_database, is_in_database, number_of, to_text


class RowKeeper:
    """The version as one row; what writes along is committed with it.

    A store whose version stands in ``CURRENT``, from before, is taken over when it is first read:
    its text becomes the row, and ``CURRENT`` says from then on that the version is elsewhere.
    """

    def __init__(self, workspace_id: int, folder: Path) -> None:
        self.place = f"workspace {workspace_id} ({folder})"
        self._workspace = workspace_id
        self._current = folder / "CURRENT"
        self._before = FolderKeeper(folder)
        self._leases = Leases(workspace_id) if connection.vendor == "postgresql" else None
        self._holds = self._leases or FileHolds(folder)
        self._is_marked = False

    def read(self) -> str:
        """Give the row's text."""
        row = StoreVersion.objects.filter(workspace_id=self._workspace)
        found = row.values_list("number", "text").first() or (0, None)
        return found[1] or self._taken_over(found[0])

    def swap(self, before: int, after: Version, along: Along | None = None) -> bool:
        """Replace the row, and write along."""
        with self._my_turn(), transaction.atomic():
            if self._leases and self._leases.is_with_others(WRITING):
                return False
            if not self._replace(before, after, to_text(after)):
                return False
            if self._leases:
                self._leases.confirm()
            if along is not None:
                along()
        self._mark()
        return True

    def holding(self, name: str, *, wait: bool = True) -> AbstractContextManager[bool]:
        """Hold a name, as a lock or a lease."""
        return self._holds.holding(name, wait=wait)

    def sharing(self, name: str) -> AbstractContextManager[None]:
        """Share a name."""
        return self._holds.sharing(name)

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        """Wait, before the transaction begins, for who makes a version with all others waiting."""
        if self._leases:
            yield
            return
        with self._holds.holding(WRITING):
            yield

    def _replace(self, before: int, after: Version, text: str) -> bool:
        values = {
            "number": after.number, "text": text, "sealed_through": after.marks.get("inbox", 0),
        }  # fmt: skip
        if before == 0:
            self._make_row()
        row = StoreVersion.objects.filter(workspace_id=self._workspace, number=before)
        return bool(row.update(**values))

    def _make_row(self) -> None:
        StoreVersion.objects.bulk_create(
            [StoreVersion(workspace_id=self._workspace, number=0, sealed_through=0)],
            ignore_conflicts=True,
        )

    # --- stores from before -----------------------------------------------------------------------

    def _taken_over(self, number: int) -> str:
        """Make the row of what ``CURRENT`` says; whoever comes second finds it made."""
        text = self._before.read()
        if is_in_database(text) or (number and not text):
            raise BadInputError(
                f"The store of {self.place} isn't that of this database.",
                hint="Restore the database and the folder from the same backup, or move the "
                "folder away to begin with an empty store.",
            )
        # A transaction that is taken back would take the row away, and leave the mark.
        if not text or connection.in_atomic_block:
            return text
        with transaction.atomic():
            self._make_row()
            row = StoreVersion.objects.filter(workspace_id=self._workspace, text=None)
            row.update(number=number_of(text, self.place), text=text)
        self._mark()
        return (
            StoreVersion.objects.values_list("text", flat=True).get(workspace_id=self._workspace)
            or EMPTY
        )

    def _mark(self) -> None:
        """Let nobody take the folder for a store of its own."""
        if not self._is_marked and not is_in_database(self._before.read()):
            self._current.parent.mkdir(parents=True, exist_ok=True)
            write_durably(self._current, in_database().encode())
        self._is_marked = True
