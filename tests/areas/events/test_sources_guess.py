"""What is guessed of a table: whose rows, which times, and how sure that is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kundresa.core.errors import BadInputError
from kundresa.events.sources import Guess, guess_mapping, mapping_of, read_mapped

CHART = "2026-03-{0:02}T10:00:00"


def guess(folder: Path, text: str, name: str = "t.csv", encoding: str = "utf-8") -> Guess:
    (folder / name).write_text(text, encoding)
    return guess_mapping(folder / name)


def rows(header: str, *forms: str, count: int = 28) -> str:
    """Write rows whose fields are formats of the row's number."""
    lines = [",".join(form.format(n % 28 + 1) for form in forms) for n in range(count)]
    return "\n".join([header, *lines, ""])


@pytest.mark.parametrize(
    ("header", "profile", "event", "time"),
    [
        ("order,customer_id,activity,timestamp", "customer_id", "activity", "timestamp"),
        ("order,Kundnummer,Händelse,Tidpunkt", "Kundnummer", "Händelse", "Tidpunkt"),
        ("ordre,kunde_id,hendelse,tidspunkt", "kunde_id", "hendelse", "tidspunkt"),
        ("ordre,BrugerId,Hændelse,Dato", "BrugerId", "Hændelse", "Dato"),
        ("x,case:concept:name,concept:name,time:timestamp", "case:concept:name", "concept:name",
         "time:timestamp"),
    ],
)  # fmt: skip
def test_names_in_four_languages_tell(
    tmp_path: Path, header: str, profile: str, event: str, time: str
) -> None:
    found = guess(tmp_path, rows(header, "o{0}", "c{0}", "Bought", CHART)).data
    [rule] = found["rows"]
    assert rule["profile"] == profile
    assert rule["events"] == [{"event": {"column": event}, "time": time}]


def test_a_wide_row_has_an_event_for_each_time_that_happened(tmp_path: Path) -> None:
    header = "order_id,customer_id,order_purchase_timestamp,delivered_at,estimated_delivery_date"
    found = guess(tmp_path, rows(header, "o{0}", "c{0}", CHART, CHART, CHART))
    assert [event["event"] for event in found.data["rows"][0]["events"]] == [
        "Order purchase", "Delivered",
    ]  # fmt: skip
    assert any(note.startswith("no event: estimated_delivery_date") for note in found.notes)


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("{0:02}/03/2026", "%d/%m/%Y"),
        ("{0}.3.2026 14:05", "%d.%m.%Y %H:%M"),
        ("2026/03/{0:02} 14:05:06.000", "%Y/%m/%d %H:%M:%S.%f"),
        ("03/{0:02}/2026", "%m/%d/%Y"),
        ("{0:02}/Mar/2026:10:00:00 +0100", "%d/%b/%Y:%H:%M:%S %z"),
    ],
)
def test_forms_of_times_are_found(tmp_path: Path, form: str, pattern: str) -> None:
    found = guess(tmp_path, rows("customer,at", "c{0}", form))
    [event] = found.data["rows"][0]["events"]
    assert event["time"] == {"column": "at", "form": pattern}


def test_day_and_month_that_may_be_the_other_way_round_are_told(tmp_path: Path) -> None:
    found = guess(tmp_path, rows("customer,at", "c{0}", "0{0}/03/2026", count=9))
    assert any("may be the other way round" in note for note in found.notes)


def test_codes_stay_text_and_the_rest_gets_its_type(tmp_path: Path) -> None:
    header = "customer,at,productId,postcode,quantity,gift,email"
    fields = ("c{0}", CHART, "{0}", "0{0:04}", "{0}", "true", "a{0}@x.se")
    data = guess(tmp_path, rows(header, *fields)).data
    assert data["types"] == {"quantity": "number", "gift": "boolean"}
    assert "email" not in data["rows"][0]["properties"]


def test_delimiter_and_encoding_are_found(tmp_path: Path) -> None:
    text = rows("kund,tid,ort", "c{0}", CHART, "Åmål").replace(",", ";")
    data = guess(tmp_path, text, encoding="windows-1252").data
    assert data["tables"]["rows"] == {
        "file": "t.csv", "delimiter": ";", "encoding": "windows-1252",
    }  # fmt: skip


def test_milliseconds_and_lists_of_json_are_found(tmp_path: Path) -> None:
    line = '{"session": %d, "events": [{"ts": 17617239708%02d, "type": "click"}]}'
    text = "\n".join(line % (n, n) for n in range(9))
    data = guess(tmp_path, text, "t.jsonl").data
    assert data["tables"]["rows"]["each"] == "events"
    assert data["types"]["events.ts"] == "number"
    assert data["rows"][0]["events"][0]["event"] == {"column": "events.type"}


def test_types_of_parquet_are_taken_as_they_are(tmp_path: Path) -> None:
    table = pa.table(
        {
            "customer": ["a", "b"],
            "at": pa.array([1, 2], pa.timestamp("us", "UTC")),
            "amount": [1.5, 2.5],
            "currency": ["SEK", "EUR"],
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    data = guess_mapping(tmp_path / "t.parquet").data
    assert "types" not in data
    [rule] = data["rows"]
    assert (rule["currency"], rule["events"][0]["value"]) == ("currency", "amount")


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("", "is empty", ""),
        ("customer,at\n", "has no rows", ""),
        ("customer,age\nann,3\n", "has no column of times", "time: {value: 2026-03-01}"),
        (
            "colour,at\nred,2026-03-01\n", "no column whose name tells whose rows these are",
            "profile: {row: true}",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_guessed_is_told(tmp_path: Path, text: str, said: str, hint: str) -> None:
    with pytest.raises(BadInputError, match=said) as caught:
        guess(tmp_path, text)
    assert hint in caught.value.hint


AD = "Date,Campaign,Device,Impressions,CTR,Cost (SEK)"
DAY = "2026-03-{0:02}"


def readings(folder: Path, text: str, name: str = "t.csv") -> dict[str, Any]:
    [rule] = guess(folder, text, name).data["readings"]
    found = read_mapped(mapping_of(guess_mapping(folder / name).data, folder, "guessed"))
    assert not found.rejected
    assert found.event_count == 0
    assert sum(map(len, found.readings)) == found.rows * len(rule["series"])
    return dict(rule)


def test_days_and_numbers_of_nobody_are_readings(tmp_path: Path) -> None:
    text = rows(AD, DAY, "Spring", "phone", "{0}", "0.{0}", "{0}.5")
    assert readings(tmp_path, text, "ads 2026-03.csv") == {
        "table": "rows", "period": "Date", "campaign": "Campaign", "source": {"value": "ads"},
        "series": [
            {"series": "impressions", "value": "Impressions", "unit": {"value": "impressions"}},
            {"series": "cost", "value": "Cost (SEK)", "unit": {"value": "SEK"}},
        ],
    }  # fmt: skip


def test_what_is_needed_to_tell_rows_apart_is_their_place(tmp_path: Path) -> None:
    text = rows(AD, DAY, "Spring", "phone", "{0}", "", "{0}.5")
    text += text.partition("\n")[2].replace("phone", "desk")
    rule = readings(tmp_path, text)
    assert rule["campaign"] == {"columns": ["Campaign", "Device"], "join": " / "}


@pytest.mark.parametrize(
    ("header", "fields", "period"),
    [
        ("vecka,besökare", ("2026-W{0:02}", "{0}"), {"column": "vecka", "length": "week"}),
        ("måned,besøg", ("2026-0{0}", "{0}"), {"column": "måned", "form": "%Y-%m",
                                               "length": "month"}),
        ("tid,besøk", ("2026-03-01T{0:02}:00", "{0}"), {"column": "tid", "length": "hour"}),
        ("dato,klikk", ("0{0}.03.2026", "{0}"), {"column": "dato", "form": "%d.%m.%Y"}),
        ("start,slut,klick", ("2026-0{0}-01", "2026-0{0}-28", "{0}"), {"from": "start",
                                                                       "last": "slut"}),
        ("from,to,opens", ("2026-03-0{0}T08:00", "2026-03-0{0}T09:00", "{0}"), {"from": "from",
                                                                               "to": "to"}),
        ("date,opens", ("2026-0{0}-01", "{0}"), {"column": "date", "length": "month"}),
    ],
)  # fmt: skip
def test_how_long_a_period_is_shows_in_names_and_steps(
    tmp_path: Path, header: str, fields: tuple[str, ...], period: Any
) -> None:
    assert readings(tmp_path, rows(header, *fields, count=9))["period"] == period


def test_steps_of_seven_days_are_weeks(tmp_path: Path) -> None:
    text = "date,visitors\n2026-03-02,1\n2026-03-09,2\n2026-03-23,2\n"
    assert readings(tmp_path, text)["period"] == {"column": "date", "length": "week"}


def test_a_total_below_the_rows_changes_nothing(tmp_path: Path) -> None:
    text = rows(AD, DAY, "Spring", "phone", "{0}", "", "{0}.5") + "Total,,,99,,9\n"
    [rule] = guess(tmp_path, text).data["readings"]
    assert rule["period"] == "Date"


@pytest.mark.parametrize(
    ("header", "is_of_readings"),
    [
        ("date,customer_id,clicks,cost", False),
        ("date,account,clicks,cost", True),
        ("date,sessions,users", True),
        ("date,order,amount", False),
        ("date,orders,revenue", True),
        ("date,patient,volume", False),
    ],
)
def test_who_is_told_from_how_many(tmp_path: Path, header: str, is_of_readings: bool) -> None:
    fields = [DAY, *("{0}" for _ in header.split(",")[1:])]
    assert ("readings" in guess(tmp_path, rows(header, *fields)).data) == is_of_readings


def test_money_without_a_currency_is_told(tmp_path: Path) -> None:
    found = guess(tmp_path, rows("date,clicks,cost", DAY, "{0}", "{0}"))
    assert any(note.startswith("currency: none found for cost") for note in found.notes)
    text = rows("date,clicks,cost,currency", DAY, "{0}", "{0}", "NOK")
    assert readings(tmp_path, text)["series"][1]["unit"] == "currency"


def test_a_guess_reads_every_row_as_it_says(tmp_path: Path) -> None:
    found = guess(tmp_path, rows("customer,activity,at", "c{0}", "Bought", CHART))
    reading = read_mapped(mapping_of(found.data, tmp_path, "guessed"))
    assert (reading.event_count, reading.rejected) == (28, [])


def test_the_text_of_a_guess_says_what_its_data_says(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    found = guess(tmp_path, rows("customer,activity,at", "c{0}", "Bought", CHART))
    again: Any = YAML(typ="safe").load(found.text())
    assert again == found.data
    assert all(f"# {note}" in found.text() for note in found.notes)


# --- identifiers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "carried"),
    [
        ("Kundnummer,E-post,Mobil,Datum", {"email": "E-post", "phone": "Mobil"}),
        ("kundenummer,epost,telefon,dato", {"email": "epost", "phone": "telefon"}),
        ("Kundenummer,E-mail,Tlf.,Dato", {"email": "E-mail", "phone": "Tlf."}),
        ("customer_id,contact,phone_number,date", {"email": "contact", "phone": "phone_number"}),
    ],
)
def test_addresses_and_phones_are_identifiers(
    tmp_path: Path, header: str, carried: dict[str, str]
) -> None:
    found = guess(tmp_path, rows(header, "k{0}", "a{0}@x.se", "070-123 45 {0:02}", CHART))
    [rule] = found.data["rows"]
    assert rule["profile"] == header.split(",", maxsplit=1)[0]
    assert rule["identifiers"] == carried
    assert "properties" not in rule
    assert any(note.startswith(f"identifier email: {carried['email']} (") for note in found.notes)


def test_who_served_everybody_is_no_identifier_and_is_left_out(tmp_path: Path) -> None:
    found = guess(tmp_path, rows("customer,seller,date", "k{0}", "sam@shop.se", CHART))
    [rule] = found.data["rows"]
    assert "identifiers" not in rule
    assert "properties" not in rule
    assert any(note.startswith("left out: seller (likely; its content") for note in found.notes)


def test_a_name_alone_makes_no_identifier(tmp_path: Path) -> None:
    found = guess(tmp_path, rows("customer,email,phone,date", "k{0}", "yes", "mobile", CHART))
    [rule] = found.data["rows"]
    assert "identifiers" not in rule


@pytest.mark.parametrize("header", ["E-post,Belopp,Datum", "order,sum,Datum"])
def test_an_address_is_the_profile_where_nothing_else_names_somebody(
    tmp_path: Path, header: str
) -> None:
    first, _, last = header.split(",")
    names = [first, "contact", last] if first == "order" else header.split(",")
    forms = ["o{0}", "a{0}@x.se", CHART] if first == "order" else ["a{0}@x.se", "1{0}", CHART]
    [rule] = guess(tmp_path, rows(",".join(names), *forms)).data["rows"]
    assert rule["profile"] == ("contact" if first == "order" else "E-post")
    assert "identifiers" not in rule


# --- numbers --------------------------------------------------------------------------------------


def amounts(folder: Path, delimiter: str, *written: str, header: str = "Belopp") -> Any:
    lines = [f"kund{delimiter}datum{delimiter}{header}"]
    lines += [f"k{n}{delimiter}2026-03-0{n + 1}{delimiter}{text}" for n, text in enumerate(written)]
    found = guess(folder, "\n".join([*lines, ""]))
    data = found.data
    read = read_mapped(mapping_of(data, folder, "guessed"))
    assert not read.rejected
    return data["tables"]["rows"].get("decimal"), data.get("types", {}).get(header), found.notes


@pytest.mark.parametrize(
    ("delimiter", "written", "decimal"),
    [
        (";", ("1 234,50", "7"), ","), (";", ("1.234,50", "12,5"), ","), (";", ("12,5", "3"), ","),
        (";", ("1\xa0234", "5"), ","), ("\t", ("1,234.50", "7"), "."), (";", ("1234.5", "7"), None),
        (",", ('"12,50"', "7"), ","), (",", ('"1,234"', "7"), "."), (";", ("1,234", "7"), ","),
        (",", ("12.50", "1234"), None), (";", ("\N{MINUS SIGN}1 234,50", "7"), ","),
    ],
)  # fmt: skip
def test_the_sign_before_decimals_is_guessed(
    tmp_path: Path, delimiter: str, written: tuple[str, ...], decimal: str | None
) -> None:
    sign, sort, notes = amounts(tmp_path, delimiter, *written)
    assert (sign, sort) == (decimal, "number")
    told = [note for note in notes if note.startswith("decimal: Belopp: ")]
    assert len(told) == (decimal is not None)


@pytest.mark.parametrize(
    ("delimiter", "written"),
    [(",", ('"1,2"', '"3,5"')), (";", ("987 654 321", "912 345 678")), (";", ("01,5", "2,5"))],
)
def test_lists_and_codes_are_no_numbers(
    tmp_path: Path, delimiter: str, written: tuple[str, ...]
) -> None:
    sign, sort, _ = amounts(tmp_path, delimiter, *written, header="ref")
    assert (sign, sort) == (None, None)


def test_readings_in_nordic_numbers_are_read(tmp_path: Path) -> None:
    lines = ["Datum;Kampanj;Visningar;Kostnad (SEK)"]
    lines += [f"2026-03-0{n};vår;1 20{n};1.23{n},50" for n in range(1, 4)]
    found = guess(tmp_path, "\n".join([*lines, ""]))
    read = read_mapped(mapping_of(found.data, tmp_path, "guessed"))
    values = [value for each in read.readings for value in each.columns["value"].to_pylist()]
    assert sorted(values)[:3] == [1201, 1202, 1203]
    assert 1231.5 in values
    assert any("a comma stands before decimals" in note for note in found.notes)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_every_end_of_a_line_is_known(tmp_path: Path, end: str, sign: str) -> None:
    table = rows("customer,activity,timestamp", "c{0}", "Bought", CHART).replace(",", sign)
    (tmp_path / "t.csv").write_bytes(table.replace("\n", end).encode())
    found = guess_mapping(tmp_path / "t.csv").data
    assert len(read_mapped(mapping_of(found, tmp_path, "guessed")).table()) == 28


@pytest.mark.parametrize("first", ["x" * 200_000, "x" * 2_000_000, 'a,"b,c'])
def test_a_first_line_that_names_no_columns_is_refused_in_words(tmp_path: Path, first: str) -> None:
    with pytest.raises(BadInputError, match=r"t\.csv, line 1 (is|has)"):
        guess(tmp_path, first + "\n1,2\n")


def test_a_column_that_holds_times_in_most_rows_is_named(tmp_path: Path) -> None:
    lines = [f"c{n},2026-03-0{n % 9 + 1}{' noon' if n % 5 == 0 else ''}" for n in range(100)]
    with pytest.raises(BadInputError, match="no column of times") as caught:
        guess(tmp_path, "\n".join(["customer,when", *lines]))
    assert "Most values of when are times" in caught.value.hint
