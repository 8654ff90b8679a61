"""Where imports and their files lie."""

from __future__ import annotations

from pathlib import Path

from kundresa.core.errors import BadInputError, NotFoundError
from kundresa.events.models import Import
from kundresa.events.queries import quarantine_of, uploads_of


def import_of(workspace_id: int, import_id: str) -> Import:
    """Give an import of a workspace.

    Raises
    ------
    NotFoundError
        If the workspace has none of that name.
    """
    found = Import.objects.filter(workspace_id=workspace_id, id=import_id).first()
    if found is None:
        raise NotFoundError(f"There is no import {import_id!r}.")
    return found


def imports_of(workspace_id: int, *, most: int = 100) -> list[Import]:
    """Give the newest imports of a workspace, newest first."""
    return list(Import.objects.filter(workspace_id=workspace_id).order_by("-id")[:most])


def upload_of(one: Import, data_folder: Path) -> Path:
    """Give the place of an import's file, which may be gone."""
    return uploads_of(one.workspace_id, data_folder) / one.file


def head_of(one: Import, data_folder: Path) -> Path:
    """Give the place of the beginning of an import's file, or of the file where it is short."""
    path = upload_of(one, data_folder)
    head = head_beside(path)
    return head if head.exists() else path


def head_beside(path: Path) -> Path:
    """Give the place of the beginning of a file, unpacked."""
    name, _, suffix = path.name.removesuffix(".gz").partition(".")
    return path.with_name(f"{name}.head.{suffix}")


def drop_upload(one: Import, data_folder: Path) -> None:
    """Remove an import's file."""
    path = upload_of(one, data_folder)
    head_beside(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def aside_of(one: Import, data_folder: Path) -> Path:
    """Give the place of an import's quarantine file, which may not be there."""
    return quarantine_of(one.workspace_id, data_folder) / f"{one.id}.jsonl"


def in_peoples_names(text: str, one: Import, data_folder: Path) -> str:
    """Say a file by the name that people know, not by its place on the disk."""
    for path in (upload_of(one, data_folder), head_beside(upload_of(one, data_folder))):
        text = text.replace(str(path), one.name).replace(path.name, one.name)
    return text


def gone() -> BadInputError:
    """Say that an upload is gone."""
    return BadInputError("The uploaded file is no longer here.", hint="Upload it again.")
