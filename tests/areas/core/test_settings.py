"""Settings: every fault at once, each with its name and remedy, and never a secret's value."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kundresa.core.errors import BadInputError
from kundresa.core.settings import PREFIX, Settings, read_settings, secret_key

WRONG = {
    "KUNDRESA_DATABASE_URL": "mysql://name:hush-hush@host/shop",
    "KUNDRESA_HOST": "our machine",
    "KUNDRESA_PORT": "eighty",
    "KUNDRESA_COLLECT_PORT": "65536",
    "KUNDRESA_BASE_URL": "ftp://kundresa.example",
    "KUNDRESA_SECRET_KEY": "hush-hush",
    "KUNDRESA_LOG_LEVEL": "loud",
    "KUNDRESA_LOG_FORMAT": "xml",
    "KUNDRESA_LANGUAGE": "fi",
    "KUNDRESA_TIME_ZONE": "Europe/Stokholm",
    "KUNDRESA_SMTP_URL": "http://name:hush-hush@mail.example",
    "KUNDRESA_MAIL_FROM": "nobody",
}
SECRET = {"KUNDRESA_DATABASE_URL", "KUNDRESA_SECRET_KEY", "KUNDRESA_SMTP_URL"}


def test_without_variables_the_settings_are_sound() -> None:
    found = read_settings({})
    assert found.local_address == found.address == "http://127.0.0.1:8600"
    assert found.sqlite_path == found.data_dir / "kundresa.db"
    assert not found.is_postgres


def test_every_fault_is_told_at_once_with_name_value_and_remedy() -> None:
    with pytest.raises(BadInputError) as refusal:
        read_settings(WRONG)
    faults = {fault.place: fault for fault in refusal.value.faults}
    assert faults.keys() == WRONG.keys()
    for name, value in WRONG.items():
        assert faults[name].hint
        assert name in SECRET or repr(value) in faults[name].message


@pytest.mark.parametrize("name", sorted(SECRET))
def test_a_wrong_secret_is_not_repeated(name: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        read_settings({name: WRONG[name]})
    assert name in str(refusal.value)
    assert "hush" not in str(refusal.value) + repr(refusal.value) + str(refusal.value.to_json())


@pytest.mark.parametrize("name", ["KUNDRESA_DATABASE_URL", "KUNDRESA_SMTP_URL"])
@pytest.mark.parametrize(
    "rest", ["hush-hush@host:port/shop", "hush-hush/hush@host", "hush℀hush@host", "hush#hush@host",
             "[hush@host"]
)  # fmt: skip
def test_an_address_that_cannot_be_read_is_not_repeated(name: str, rest: str) -> None:
    scheme = "smtp" if "SMTP" in name else "postgresql"
    value = f"{scheme}://name:{rest}"
    with pytest.raises(BadInputError) as refusal:
        read_settings({name: value, "KUNDRESA_MAIL_FROM": "a@firma.example", "KUNDRESA_PORT": "x"})
    assert {fault.place for fault in refusal.value.faults} == {name, "KUNDRESA_PORT"}
    assert "hush" not in str(refusal.value)


def test_a_mail_server_needs_a_sender() -> None:
    with pytest.raises(BadInputError) as refusal:
        read_settings({"KUNDRESA_SMTP_URL": "smtp://mail.example"})
    assert [fault.place for fault in refusal.value.faults] == ["KUNDRESA_MAIL_FROM"]
    assert "KUNDRESA_SMTP_URL" in str(refusal.value)


def test_settings_never_print_a_secret() -> None:
    found = read_settings(
        {
            "KUNDRESA_DATABASE_URL": "postgresql://name:hush-hush@host/shop",
            "KUNDRESA_SECRET_KEY": "hush-hush" * 5,
            "KUNDRESA_SMTP_URL": "smtp://name:hush-hush@mail.example",
            "KUNDRESA_MAIL_FROM": "a@firma.example",
        }
    )
    assert "hush" not in f"{found} {found!r} {found.mail_server} {found.mail_server!r}"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_setting_may_come_from_a_file(name: str, tmp_path: Path) -> None:
    values = {"port": "9000", "collect_port": "9001", "log_level": "error", "log_format": "json",
              "language": "sv", "time_zone": "Europe/Oslo", "host": "::1",
              "database_url": "postgresql://host/shop", "base_url": "https://kundresa.example",
              "secret_key": "x" * 40, "data_dir": "/somewhere", "inbox_days": "5",
              "upload_megabytes": "50", "upload_days": "3", "demo": "True",
              "trusted_proxies": "10.0.0.0/8, 127.0.0.1",
              "smtp_url": "smtp://mail.example", "mail_from": "Åsa <a@firma.example>",
              "oidc_issuer": "https://login.firma.example", "oidc_client_id": "kundresa",
              "oidc_client_secret": "hush-hush", "oidc_name": "Firma"}  # fmt: skip
    file = tmp_path / "value"
    file.write_text(f"{values[name]}\n")
    # Some stand only beside others.
    together = ("smtp_url", "mail_from") if name == "smtp_url" else ()
    together = tuple(values) if name.startswith("oidc") else together
    beside = {f"{PREFIX}{one.upper()}": values[one] for one in together if one != name}
    found = read_settings({f"{PREFIX}{name.upper()}_FILE": str(file), **beside})
    assert str(getattr(found, name)) == values[name]


@pytest.mark.parametrize("kind", ["missing", "not text"])
def test_a_file_that_cannot_be_read_is_told_beside_the_other_faults(
    kind: str, tmp_path: Path
) -> None:
    file = tmp_path / "value"
    if kind == "not text":
        file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInputError) as refusal:
        read_settings({"KUNDRESA_SECRET_KEY_FILE": str(file), "KUNDRESA_PORT": "0"})
    places = {fault.place: fault.message for fault in refusal.value.faults}
    assert places.keys() == {"KUNDRESA_SECRET_KEY_FILE", "KUNDRESA_PORT"}
    assert str(file) in places["KUNDRESA_SECRET_KEY_FILE"]


def test_an_ipv6_host_makes_a_sound_address() -> None:
    found = read_settings({"KUNDRESA_HOST": "::1", "KUNDRESA_PORT": "9000"})
    assert found.local_address == "http://[::1]:9000"


def test_the_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    found = Settings(data_dir=tmp_path / "data")
    made = secret_key(found)
    assert len(made) >= 48
    assert secret_key(found) == made
    file = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret_key"]
