"""The data folder: made whole, of a known format, and one process at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kundresa.core.errors import NewerFormatError
from kundresa.project.data_folder import (
    FORMAT,
    DataFolder,
    FolderInUseError,
    FolderUnusableError,
)

HOLD = """
import sys
from pathlib import Path
from kundresa.project.data_folder import DataFolder
folder = DataFolder(Path(sys.argv[1]))
folder.prepare()
folder.lock()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_new_folder_is_its_owners_alone_and_names_its_format(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "a" / "b")
    folder.prepare()
    assert (folder.path / "format").read_text() == f"{FORMAT}\n"
    assert folder.path.stat().st_mode & 0o077 == 0
    folder.prepare()
    assert folder.store(7) == folder.path / "stores" / "7"


def test_a_folder_of_a_newer_release_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "format").write_text(f"{FORMAT + 1}\n")
    with pytest.raises(NewerFormatError) as refusal:
        DataFolder(tmp_path).prepare()
    assert f"format {FORMAT + 1}; this release knows {FORMAT}" in refusal.value.message
    assert "newer release" in refusal.value.hint
    assert (tmp_path / "format").read_text() == f"{FORMAT + 1}\n"


@pytest.mark.parametrize("content", [b"", b"one", b"\xff\xfe", b"-1", "²".encode()])
def test_a_format_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "format").write_bytes(content)
    with pytest.raises(FolderUnusableError, match="is not a format") as refusal:
        DataFolder(tmp_path).prepare()
    assert str(tmp_path / "format") in refusal.value.message


def test_a_start_that_ends_while_it_writes_the_format_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", end)
        with pytest.raises(KeyboardInterrupt):
            DataFolder(tmp_path).prepare()
    assert not (tmp_path / "format").exists()
    DataFolder(tmp_path).prepare()
    assert (tmp_path / "format").read_text() == f"{FORMAT}\n"


def test_a_folder_that_cannot_be_made_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusableError) as refusal:
        DataFolder(tmp_path / "file" / "data").prepare()
    assert "Not a directory" in refusal.value.message
    assert "--data" in refusal.value.hint


def test_a_lock_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(FolderUnusableError, match="Is a directory"):
        DataFolder(tmp_path).lock()


@pytest.mark.kill
def test_one_process_holds_the_folder_and_a_kill_frees_it(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUseError) as refusal:
            DataFolder(tmp_path).lock()
        assert f"already runs on {tmp_path} (process {holder.pid})" in refusal.value.message
        assert "--data" in refusal.value.hint
    finally:
        holder.kill()
        holder.communicate()
    free = DataFolder(tmp_path)
    free.lock()
    free.unlock()
