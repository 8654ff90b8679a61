"""Logs: one event a line, as text or JSON, with the request's id and without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from kundresa.core.settings import Settings

_HIDDEN: Final = re.compile(
    r"(secret|password|passwd|token|write_?key|authorization|cookie|database_url|api_?key)",
    re.IGNORECASE,
)
_IN_ADDRESS: Final = re.compile(r"(://[^:/@\s]*:)[^@\s]+(@)")
_IN_QUERY: Final = re.compile(r"((?:key|token|secret|password|passwd)=)[^&\s\"']+", re.IGNORECASE)
_IN_JSON: Final = re.compile(
    r"(\"(?:write_?key|token|secret|password|api_?key)\"\s*:\s*\")[^\"]+", re.IGNORECASE
)
# Addresses that let in whoever has them, also where one stands inside the query of another.
_IN_PATH: Final = re.compile(
    r"((?:/|%2F)(?:join|welcome|guest|password/reset/key)(?:/|%2F))(?:(?!%2F)[^/\s\"'?#&])+",
    re.IGNORECASE,
)
_IN_HEADER: Final = re.compile(r"\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]{6,}")


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blank every value that has a secret's name, and secrets inside texts."""
    for key in [name for name in event if not name.startswith("_")]:
        event[key] = "***" if _HIDDEN.search(key) else _clean(event[key])
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        value = _IN_ADDRESS.sub(r"\1***\2", value)
        value = _IN_JSON.sub(r"\1***", _IN_QUERY.sub(r"\1***", value))
        return _IN_PATH.sub(r"\1***", _IN_HEADER.sub(r"\1 ***", value))
    if isinstance(value, dict):
        return {k: "***" if _HIDDEN.search(str(k)) else _clean(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(one) for one in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    # Whatever else it is, its text is what would be printed: a request shows its address.
    return _clean(str(value))


def set_up_logs(found: Settings, role: str) -> None:
    """Send all logs of this process, ours and the libraries', to stderr in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    last: Any = structlog.processors.JSONRenderer()
    if found.log_format == "text":
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(found.log_level.upper())
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(role=role)


def logger(name: str) -> Any:
    """Give the logger of a module."""
    return structlog.stdlib.get_logger(name)
