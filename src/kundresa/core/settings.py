"""The settings: one frozen object, read once from the environment.

Each variable ``KUNDRESA_X`` may come from the file that ``KUNDRESA_X_FILE`` names. All faults are
told at once, each with the variable, the value seen (never a secret's) and the remedy.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from kundresa.core.errors import BadInputError, Fault
from kundresa.core.ids import new_secret
from kundresa.core.mail_server import Mailbox, MailServer, mail_server_of, mailbox_of
from kundresa.core.times import zone_named

PREFIX: Final = "KUNDRESA_"
SECRETS: Final = frozenset({"secret_key", "database_url", "smtp_url", "oidc_client_secret"})
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_ALL_ADDRESSES: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104

_REMEDIES: Final[Mapping[str, str]] = {
    "data_dir": "Name a folder.",
    "database_url": (
        "Write sqlite:////path/of/file.db (four strokes) or "
        "postgresql://name:password@host/database."
    ),
    "host": "Write an address of this machine, 0.0.0.0 for all of them, or leave it at 127.0.0.1.",
    "port": "Write a whole number from 1 to 65535.",
    "collect_port": "Write a whole number from 0 to 65535; 0 picks a free one.",
    "base_url": "Write an address that starts with http:// or https://.",
    "secret_key": "Write at least 32 characters, or leave it out: one is made in the data folder.",
    "log_level": "Write debug, info, warning or error.",
    "log_format": "Write text or json.",
    "language": "Write en, sv, nb or da.",
    "time_zone": "Write one like Europe/Stockholm or UTC.",
    "inbox_days": "Write a whole number from 1 to 30.",
    "upload_megabytes": "Write a whole number from 1 to 1,000,000.",
    "demo": "Leave it out: kundresa demo sets it.",
    "trusted_proxies": "Write addresses or networks with commas, like 127.0.0.1, 10.0.0.0/8.",
    "upload_days": "Write a whole number from 1 to 365.",
    "smtp_url": (
        "Write smtp://name:password@host:587?tls=starttls (or tls, or none), or smtps://…, "
        "with signs such as @ / ? # % in name and password as %40 %2F %3F %23 %25."
    ),
    "mail_from": "Write a mail address, alone or as Kundresa <kundresa@firma.se>.",
    "oidc_issuer": "Write the address of the provider, like https://login.firma.se/realms/firma.",
    "oidc_client_id": "Write the client id that the provider gave, without spaces.",
    "oidc_client_secret": "Write the client secret that the provider gave, on one line.",
    "oidc_name": "Write what people call the provider, in at most 40 characters.",
}

_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "smtp_url": ("mail_from",),
    "oidc_issuer": ("oidc_client_id", "oidc_client_secret"),
}
"""What a setting is of no use without."""


def _own_address(host: str) -> str:
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError as error:
            raise ValueError("is not an address of a machine") from error
    return host


def _networks(written: str) -> str:
    for one in filter(None, map(str.strip, written.split(","))):
        try:
            ipaddress.ip_network(one, strict=False)
        except ValueError as error:
            raise ValueError(f"names {one!r}, which is not an address or a network") from error
    return written


def _database(url: str) -> str:
    try:
        parts = urlsplit(url)
        # Reading the port raises where it is no number.
        _ = parts.port
    except ValueError:
        # The library's own words repeat what it could not read, which may be the password.
        raise ValueError("is not an address") from None
    if url and parts.scheme not in {"sqlite", "postgresql", "postgres"}:
        raise ValueError("is not an address of SQLite or PostgreSQL")
    return url


def _mail_server(url: str) -> str:
    if url:
        mail_server_of(url)
    return url


def _mail_sender(address: str) -> str:
    if address:
        mailbox_of(address)
    return address


def _web_address(url: str) -> str:
    if url and urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("is not a web address")
    return url


def _issuer(url: str) -> str:
    parts = urlsplit(url)
    # Whoever stands between could sign anybody in.
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if url and not (is_safe and parts.hostname):
        raise ValueError("is not an address that starts with https://")
    return url.rstrip("/")


def _one_word(text: str) -> str:
    if any(sign.isspace() for sign in text):
        raise ValueError("has spaces or several lines")
    return text


def _zone(name: str) -> str:
    try:
        zone_named(name)
    except BadInputError as error:
        raise ValueError("is not a time zone") from error
    return name


def _long_enough(key: str) -> str:
    if key and len(key) < 32:
        raise ValueError("is too short")
    return key


class Settings(BaseModel):
    """What this installation was told."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    data_dir: Path = Field(default_factory=lambda: Path.home() / ".local/share/kundresa")
    database_url: Annotated[str, AfterValidator(_database)] = ""
    host: Annotated[str, AfterValidator(_own_address)] = "127.0.0.1"
    port: int = Field(default=8600, ge=1, le=65535)
    collect_port: int = Field(default=0, ge=0, le=65535)
    base_url: Annotated[str, AfterValidator(_web_address)] = ""
    secret_key: Annotated[str, AfterValidator(_long_enough)] = Field(default="", repr=False)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["text", "json"] = "text"
    language: Literal["en", "sv", "nb", "da"] = "en"
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    inbox_days: int = Field(default=2, ge=1, le=30)
    upload_megabytes: int = Field(default=2048, ge=1, le=1_000_000)
    upload_days: int = Field(default=7, ge=1, le=365)
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    demo: bool = False
    smtp_url: Annotated[str, AfterValidator(_mail_server)] = Field(default="", repr=False)
    mail_from: Annotated[str, AfterValidator(_mail_sender)] = ""
    oidc_issuer: Annotated[str, AfterValidator(_issuer)] = ""
    oidc_client_id: Annotated[str, AfterValidator(_one_word)] = ""
    oidc_client_secret: Annotated[str, AfterValidator(_one_word)] = Field(default="", repr=False)
    oidc_name: str = Field(default="", max_length=40)

    def __repr__(self) -> str:
        return f"Settings(data_dir={str(self.data_dir)!r}, port={self.port})"

    __str__ = __repr__

    @property
    def database(self) -> str:
        """The address of the database; by default a file in the data folder."""
        return self.database_url or f"sqlite:///{self.data_dir / 'kundresa.db'}"

    @property
    def is_postgres(self) -> bool:
        """Whether the database is PostgreSQL."""
        return self.database.startswith("postgres")

    @property
    def sqlite_path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.database.removeprefix("sqlite:///"))

    @property
    def address(self) -> str:
        """Where people find the pages."""
        return self.base_url or self.local_address

    @property
    def proxies(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        """The servers in front of us whose word we take for whom a request comes from."""
        written = filter(None, map(str.strip, self.trusted_proxies.split(",")))
        return [ipaddress.ip_network(one, strict=False) for one in written]

    @property
    def hosts(self) -> list[str]:
        """The names by which pages answer; any other leads here by a foreign DNS."""
        named = [self.host, urlsplit(self.base_url).hostname or ""]
        found = dict.fromkeys([*sorted(LOOPBACK), *filter(None, named)])
        return [f"[{one}]" if ":" in one else one for one in found if one not in _ALL_ADDRESSES]

    @property
    def mail_server(self) -> MailServer | None:
        """The server that takes our mail; None where mail is not set up."""
        return mail_server_of(self.smtp_url) if self.smtp_url else None

    @property
    def mail_sender(self) -> Mailbox:
        """Whom our mail comes from."""
        return mailbox_of(self.mail_from)

    @property
    def local_address(self) -> str:
        """Where this machine finds the pages, whatever stands in front of them."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        host = f"[{here}]" if ":" in here else here
        return f"http://{host}:{self.port}"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check the variables; raise once with every fault."""
    values, faults = _gather(environment)
    try:
        found = Settings.model_validate(values)
    except ValidationError as error:
        faults += [_fault(problem, values) for problem in error.errors()]
        found = None
    faults += _missing(values)
    if faults or found is None:
        raise BadInputError("The settings can't be used.", faults=faults)
    return found


@cache
def settings() -> Settings:
    """Give the settings of this process."""
    return read_settings(os.environ)


def secret_key(found: Settings) -> str:
    """Give the key that signs sessions; made once, readable by its owner only."""
    if found.secret_key:
        return found.secret_key
    path = found.data_dir / "secret_key"
    return _read_or_make(path, lambda: new_secret(48))


def _read_or_make(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # A whole file appears by link: two first starts at once read the same key.
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _gather(environment: Mapping[str, str]) -> tuple[dict[str, str], list[Fault]]:
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        if variable in environment:
            values[name] = environment[variable]
        elif file := environment.get(f"{variable}_FILE"):
            try:
                values[name] = Path(file).read_text("utf-8").strip()
            except OSError as error:
                said = f"names {file!r}, which can't be read ({error.strerror})."
                faults.append(Fault(f"{variable}_FILE", said, "Name a file that we may read."))
            except UnicodeDecodeError:
                said = f"names {file!r}, which is not text."
                faults.append(Fault(f"{variable}_FILE", said, "Write the value as text in UTF-8."))
    return values, faults


def _missing(values: Mapping[str, str]) -> list[Fault]:
    return [
        Fault(
            PREFIX + name.upper(),
            f"is missing, and {PREFIX}{first.upper()} is of no use without.",
            _REMEDIES[name],
        )
        for first, others in _NEEDS.items()
        for name in others
        if values.get(first) and not values.get(name)
    ]


def _fault(problem: Any, values: Mapping[str, str]) -> Fault:
    name = str(problem["loc"][0])
    seen = "has a value" if name in SECRETS else f"is {values.get(name)!r}"
    message = f"{seen}: {problem['msg'].removeprefix('Value error, ')}."
    if name in SECRETS:
        message = "can't be used." if problem["type"] != "value_error" else message
    return Fault(PREFIX + name.upper(), message, _REMEDIES[name])
