"""The page of settings names every setting, with the default it has and the remedy it tells."""

import re
from pathlib import Path

import pytest

from kundresa.core.errors import KundresaError
from kundresa.core.settings import PREFIX, SECRETS, Settings, read_settings
from kundresa.project.data_folder import DataFolder

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/settings.md"
ROWS = {
    cells[0].strip("`"): cells[1:]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if line.startswith(f"| `{PREFIX}")
    for cells in [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]]
}
FIELDS = {PREFIX + name.upper(): name for name in Settings.model_fields}
WRONG = {
    "database_url": "mysql://host/database",
    "host": "our machine",
    "port": "70000",
    "collect_port": "-1",
    "base_url": "kundresa.example",
    "secret_key": "short",
    "log_level": "loud",
    "log_format": "xml",
    "language": "fr",
    "time_zone": "Europe/Atlantis",
    "inbox_days": "many",
    "upload_megabytes": "0",
    "upload_days": "a week",
    "demo": "perhaps",
    "trusted_proxies": "the one in front",
    "smtp_url": "mail.example",
    "mail_from": "nobody",
    "oidc_issuer": "http://login.example",
    "oidc_client_id": "two words",
    "oidc_client_secret": "two\nlines",
    "oidc_name": "The provider that has so long a name that no button holds it",
}
OF_NO_USE_ALONE = {
    "smtp_url": {"KUNDRESA_MAIL_FROM"},
    "oidc_issuer": {"KUNDRESA_OIDC_CLIENT_ID", "KUNDRESA_OIDC_CLIENT_SECRET"},
}


def test_the_page_names_every_setting_and_no_other():
    assert list(ROWS) == list(FIELDS)


@pytest.mark.parametrize("variable", FIELDS)
def test_the_default_is_that_of_the_code(variable):
    default = str(getattr(read_settings({}), FIELDS[variable]))
    said = ROWS[variable][0].strip("`").replace("~", str(Path.home()))
    assert said == (default or "none")


def test_every_setting_but_the_folder_has_a_value_that_is_wrong():
    assert set(WRONG) == set(Settings.model_fields) - {"data_dir"}


@pytest.mark.parametrize("name", WRONG)
def test_the_remedy_is_what_a_wrong_value_is_told(name):
    variable = PREFIX + name.upper()
    with pytest.raises(KundresaError) as caught:
        read_settings({variable: WRONG[name]})
    told = {fault.place: fault.hint for fault in caught.value.faults}
    assert told.pop(variable) == ROWS[variable][2]
    assert told.keys() <= OF_NO_USE_ALONE.get(name, set())


def test_the_remedy_for_the_folder_is_what_an_unusable_one_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KundresaError) as caught:
        DataFolder(tmp_path / "file" / "data").prepare()
    assert caught.value.hint == ROWS["KUNDRESA_DATA_DIR"][2]


def test_the_page_says_which_settings_are_secrets():
    marked = {FIELDS[variable] for variable, cells in ROWS.items() if "a secret" in cells[1]}
    assert marked == SECRETS


@pytest.mark.parametrize("variable", FIELDS)
def test_each_variable_may_come_from_a_file(variable, tmp_path):
    given = tmp_path / "given"
    given.write_text(str(getattr(read_settings({}), FIELDS[variable])) + " \n")
    assert read_settings({f"{variable}_FILE": str(given)}) == read_settings({})
