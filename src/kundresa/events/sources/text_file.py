"""Opening a text file, plain or gzip: whatever can't be read becomes a sentence with its name."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from kundresa.core.errors import BadInputError


@contextmanager
def reading(path: Path) -> Iterator[IO[str]]:
    """Open a UTF-8 file, with or without a mark at its beginning, for as long as it is read.

    Raises
    ------
    BadInputError
        If it isn't there, isn't UTF-8, or breaks off.
    """
    try:
        with _open(path) as text:
            yield text
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise BadInputError(
            f"{path} is not UTF-8: it holds the byte {byte:#04x}.", hint="Save it as UTF-8."
        ) from error
    except (csv.Error, EOFError) as error:
        raise BadInputError(f"{path} can't be read: {error}.", hint="Mend the file.") from error
    except OSError as error:
        said = error.strerror or str(error)
        raise BadInputError(f"{path} can't be read: {said}.", hint="Check its name.") from error


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return cast("IO[Any]", gzip.open(path, "rt", encoding="utf-8-sig", newline=""))
    return path.open(encoding="utf-8-sig", newline="")
