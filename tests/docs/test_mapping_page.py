"""The mappings that pages show are sound."""

import pytest
from ruamel.yaml import YAML

from kundresa.documents.schemas import validator
from kundresa.events.sources import mapping_of
from tests.docs.test_code_in_docs import PAGES, blocks

MAPPINGS = [
    pytest.param(body, id=f"{page.name} line {line}")
    for page in PAGES
    for line, body in [*blocks(page, "yaml"), *blocks(page, "yaml mapping")]
    if body.startswith("kundresa_mapping:")
]


def test_there_are_some():
    assert len(MAPPINGS) > 1


@pytest.mark.parametrize("body", MAPPINGS)
def test_a_mapping_on_a_page_is_sound(body, tmp_path):
    data = YAML(typ="safe", pure=True).load(body)
    mapping_of(data, tmp_path, "shown")
    assert [error.message for error in validator("mapping").iter_errors(data)] == []
