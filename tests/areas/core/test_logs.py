"""Logs: one form for all, and no secret in any of them."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog

from kundresa.core.logs import logger, set_up_logs
from kundresa.core.settings import Settings

SECRET = "s3cr3t-v4lue"
Lines = Callable[[str], io.StringIO]


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Set logs up in a form; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def begin(form: str) -> io.StringIO:
        printed = io.StringIO()
        monkeypatch.setattr(sys, "stderr", printed)
        set_up_logs(Settings.model_validate({"log_format": form}), "tester")
        return printed

    yield begin
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_json_logs_are_one_object_a_line_from_us_and_from_libraries(logs: Lines) -> None:
    printed = logs("json")
    logger("ours").warning("role_died", code=3)
    logging.getLogger("theirs").warning("moved %s to %s", "a", "b", extra={"status_code": 404})
    ours, theirs = (json.loads(line) for line in printed.getvalue().splitlines())
    assert (ours["event"], ours["code"], ours["role"]) == ("role_died", 3, "tester")
    assert (theirs["event"], theirs["status_code"]) == ("moved a to b", 404)
    assert ours.keys() >= {"timestamp", "level"} <= theirs.keys()


class Request:
    """Prints itself with its address, as the framework's requests do."""

    def __repr__(self) -> str:
        return f"<Request: GET '/v1/t?writeKey={SECRET}'>"


def fault() -> None:
    """Fail with an address in the text."""
    raise ValueError(f"no answer from postgresql://kundresa:{SECRET}@host/shop")


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_printed(logs: Lines, form: str) -> None:
    printed = logs(form)
    log = logger("ours")
    log.warning("a", write_key=SECRET, secret_key=SECRET, Authorization=SECRET)
    log.warning("b", headers={"Cookie": SECRET, "inner": [{"api_key": SECRET}]})
    log.warning("c", address=f"postgresql://kundresa:{SECRET}@host/shop")
    log.warning("d", said=f"Authorization: Basic {SECRET}==", body=f'{{"writeKey": "{SECRET}"}}')
    log.warning("e", request=Request())
    log.warning("refused", path=f"/join/{SECRET}/", back=f"/log-in/?next=%2Fguest%2F{SECRET}%2F")
    library = logging.getLogger("theirs")
    library.warning("asked for /v1/t?writeKey=%s", SECRET)
    library.warning("gone", extra={"request": Request()})
    library.warning("Not Found: %s", f"/account/password/reset/key/{SECRET}/")
    library.warning("Not Found: %s", f"/welcome/{SECRET}")
    try:
        fault()
    except ValueError:
        log.exception("f")
        library.exception("g")
    text = printed.getvalue()
    assert SECRET not in text
    assert text.count("***") >= 16
    assert "@host/shop" in text


def test_what_is_no_secret_stays(logs: Lines) -> None:
    printed = logs("json")
    logger("ours").warning(
        "kept", known="Unknown key: steps", path="/join/", count=3, none=None, list=[1, "b"]
    )
    line = json.loads(printed.getvalue())
    assert (line["known"], line["path"]) == ("Unknown key: steps", "/join/")
    assert (line["count"], line["none"], line["list"]) == (3, None, [1, "b"])
