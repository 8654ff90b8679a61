"""What every map format promises, on every example map; a new one is held to it unasked."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from kundresa.core.errors import BadInputError
from kundresa.documents import FORMATS, convert, diff, faults_in_data, map_of, read_data, write
from kundresa.documents.formats import format_of_file
from kundresa.documents.lint_map import only_errors
from tests.properties.test_map_documents import maps

MAPS = sorted((Path(__file__).resolve().parents[2] / "examples/maps").glob("*.journey.yaml"))
each_format = pytest.mark.parametrize("name", FORMATS)
each_map = pytest.mark.parametrize("file", MAPS, ids=lambda file: file.name.split(".")[0])


@each_format
@each_map
def test_what_is_written_is_read_back_as_a_sound_map(name, file):
    written = convert(file, name).result
    assert only_errors(faults_in_data(read_data(written, name).result)) == []


@each_format
@each_map
def test_what_does_not_come_back_was_told_as_lost(name, file):
    data = read_data(file).result
    written = write(data, name)
    again = read_data(written.result, name).result
    if diff(map_of(data), map_of(again)):
        assert written.losses
    assert all(loss.place and loss.message for loss in written.losses)


@each_format
@each_map
def test_a_second_round_changes_nothing(name, file):
    once = convert(file, name).result
    assert write(read_data(once, name).result, name).result == once


@each_format
@settings(deadline=None, max_examples=50)
@given(data=maps())
def test_any_map_comes_back_sound_and_settles(name, data):
    written = write(data, name)
    again = read_data(written.result, name).result
    assert write(again, name).result == written.result
    if diff(map_of(data), map_of(again)):
        assert written.losses


@each_format
@pytest.mark.parametrize("text", ["", "\0", "{", "[1, 2]", "no map at all"])
def test_what_is_no_map_is_refused_with_its_faults(name, text):
    with pytest.raises(BadInputError) as caught:
        read_data(text, name)
    assert caught.value.faults
    assert all(fault.message for fault in caught.value.faults)


@each_format
def test_each_ending_tells_its_format(name):
    for suffix in FORMATS[name].suffixes:
        assert format_of_file(Path(f"a.{suffix}".replace("..", "."))).name == name
        assert format_of_file(Path(f"A{suffix.upper()}")).name == name
