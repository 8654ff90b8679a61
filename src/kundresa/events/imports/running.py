"""The job of an import: from where it stopped to its end, told on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.db import OperationalError, transaction
from django.urls import reverse

from kundresa.accounts.api import Workspace, notify_actor
from kundresa.core.clock import now
from kundresa.core.errors import KundresaError
from kundresa.core.ids import new_id
from kundresa.core.incoming import NoRoomError, has_room
from kundresa.core.logs import logger
from kundresa.events.actions import take_in_pieces, taken_in
from kundresa.events.contracts import Imported
from kundresa.events.errors import BusyError
from kundresa.events.imports.mended import mapping_of_first, put_back
from kundresa.events.imports.places import (
    aside_of,
    drop_upload,
    gone,
    import_of,
    in_peoples_names,
    upload_of,
)
from kundresa.events.imports.plans import checked_mapping
from kundresa.events.imports.turns import IMPORT
from kundresa.events.models import Import
from kundresa.events.queries import store_of
from kundresa.events.sources import Origin, Piece, Quarantine, origin_of, origin_of_mended
from kundresa.jobs.api import enqueue

_TELL_EVERY: Final = 0.5
_BUSY_WAIT: Final = timedelta(seconds=5)
_log = logger(__name__)


class _StoppedError(Exception):
    """Somebody stopped the import that is under way."""


def run(import_id: str, turn: int, data_folder: Path) -> None:
    """Take a file in, from where it stopped; a call after the end changes nothing.

    Raises
    ------
    OperationalError
        If the database is in the way; the next try goes on.
    """
    own = Import.objects.filter(id=import_id, turn=turn)
    own.filter(state=Import.STOPPING).update(state=Import.STOPPED, ended_at=now())
    if not own.filter(state__in=(Import.WAITING, Import.RUNNING)).update(state=Import.RUNNING):
        return
    one = own.get()
    try:
        _run(one, data_folder)
    except _StoppedError:
        _tell_stopped(one, data_folder)
    except BusyError:
        own.filter(state=Import.RUNNING).update(state=Import.WAITING)
        enqueue(IMPORT, {"import": one.id, "turn": turn}, workspace_id=one.workspace_id,
                key=f"{one.id}:{new_id()}", run_at=now() + _BUSY_WAIT)  # fmt: skip
    except OperationalError:
        raise
    except KundresaError as error:
        _tell_failed(one, _in_words(error, one, data_folder))
    except Exception:  # a bug: told on the page, and in the log  # noqa: BLE001
        _log.exception("import_failed", imported=one.id)
        _tell_failed(one, "Something went wrong; the log of the worker has it.")


def _run(one: Import, data_folder: Path) -> None:
    folder = store_of(one.workspace_id, data_folder).folder
    origin = origin_of_import(one, data_folder)
    if one.fingerprint != origin.fingerprint:
        one.fingerprint = origin.fingerprint
        there = taken_in(one.workspace_id, folder, origin.fingerprint)
        one.before, one.readings_before = there.events, there.readings
        one.save(update_fields=["fingerprint", "before", "readings_before"])
    watched = _Watched(one, origin, data_folder)
    done = take_in_pieces(
        one.workspace_id, folder, watched.pieces, name=one.name, fingerprint=origin.fingerprint,
        actor=one.actor, quarantine=Quarantine(aside_of(one, data_folder)),
        may_correct=not one.mended_of, told=lambda done: _tell_readings(one, done),
    )  # fmt: skip
    if one.mended_of:
        put_back(one, data_folder)
    ended = {"rows": done.rows, "events": done.events, "readings": done.readings,
             "rejected": done.rejected, "share": 1.0}  # fmt: skip
    own = Import.objects.filter(id=one.id, state__in=(Import.RUNNING, Import.STOPPING))
    with transaction.atomic():
        if own.update(state=Import.DONE, ended_at=now(), **ended):
            one.events = done.events
            readings = one.readings_added + done.readings_added
            _notify(one, "import_done", file=one.name, events=one.added, readings=readings)
    if one.mended_of or not aside_of(one, data_folder).exists():
        drop_upload(one, data_folder)


def origin_of_import(one: Import, data_folder: Path) -> Origin:
    """Open an import's file, and read through it once.

    Raises
    ------
    BadInputError
        If it is gone, can't be read to its end, or isn't what the plan says.
    """
    path = upload_of(one, data_folder)
    if not path.exists():
        raise gone()
    if one.mended_of:
        return origin_of_mended(path, mapping_of_first(one, data_folder))
    mapping = checked_mapping(one, data_folder)
    return origin_of(path if mapping is None else mapping, one.name)


class _Watched:
    """Tells how far an import is while its pieces are read, and ends it when it is to stop."""

    def __init__(self, one: Import, origin: Origin, data_folder: Path) -> None:
        self._one = one
        self._origin = origin
        self._folder = data_folder
        first = one.mended_of and import_of(one.workspace_id, one.mended_of)
        self._name = first.name if first else one.name
        self._told_at = 0.0
        self._has_begun = False

    def pieces(self, *, skip: int) -> Iterator[Piece]:
        """Read on; bad rows carry the name that people know."""
        for piece in self._origin.pieces(skip=skip):
            self._tell(piece)
            yield replace(
                piece,
                rejected=[replace(bad, file=self._name) for bad in piece.rejected],
                readings=[replace(some, file=self._name) for some in piece.readings],
            )

    def _tell(self, piece: Piece) -> None:
        moment = time.monotonic()
        if moment - self._told_at < _TELL_EVERY:
            return
        self._told_at = moment
        values = {"rows": piece.rows, "share": piece.share, "seen_at": now()}
        if not self._has_begun:
            # After going on, the rows before took no time.
            values |= {"began_at": now(), "began_rows": piece.rows, "began_share": piece.share}
            self._has_begun = True
        own = Import.objects.filter(id=self._one.id, turn=self._one.turn, state=Import.RUNNING)
        if not own.update(**values):
            raise _StoppedError
        # A packed file may unpack to much more than was uploaded.
        if not has_room(self._folder):
            raise NoRoomError("The disk is nearly full.", hint="Make room, then go on.")


def _tell_readings(one: Import, done: Imported) -> None:
    """Add what this turn did to what earlier ones had done, as no store remembers it."""
    Import.objects.filter(id=one.id).update(
        readings_added=one.readings_added + done.readings_added,
        readings_corrected=one.readings_corrected + done.readings_corrected,
    )


def _tell_stopped(one: Import, data_folder: Path) -> None:
    folder = store_of(one.workspace_id, data_folder).folder
    saved = taken_in(one.workspace_id, folder, one.fingerprint or "")
    own = Import.objects.filter(id=one.id, state=Import.STOPPING)
    own.update(state=Import.STOPPED, ended_at=now(), rows=saved.rows, events=saved.events,
               readings=saved.readings, rejected=saved.rejected)  # fmt: skip


def _tell_failed(one: Import, why: str) -> None:
    own = Import.objects.filter(id=one.id, state__in=Import.AT_WORK)
    with transaction.atomic():
        if own.update(state=Import.FAILED, error=why[:2000], ended_at=now()):
            _notify(one, "import_failed", file=one.name)


def _notify(one: Import, kind: str, **facts: str | int) -> None:
    """Tell the member who began the import, who may have gone on to something else."""
    slug = Workspace.objects.values_list("slug", flat=True).get(id=one.workspace_id)
    page = reverse("events:import", args=[slug, one.id])
    notify_actor(one.actor, one.workspace_id, kind, facts, page)


def _in_words(error: KundresaError, one: Import, data_folder: Path) -> str:
    return in_peoples_names(str(error), one, data_folder)
