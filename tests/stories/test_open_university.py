"""The demo's map over real students says what plain pandas says, and what the publishers state.

The facts stand in the data's README (Kuzilek, Hlosta, Zdrahal: Open University Learning Analytics
dataset, Scientific Data 4, 170171, 2017).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kundresa
from kundresa.project import demo_data

DATA = Path(demo_data.__file__).parent / "demo/open_university"
ENROLMENT = ["code_module", "code_presentation", "id_student"]
STARTS = {
    "2013B": "2013-02-01",
    "2013J": "2013-10-01",
    "2014B": "2014-02-01",
    "2014J": "2014-10-01",
}


def frame(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / f"{name}.csv.gz", keep_default_na=False, na_values=[""])


@pytest.fixture(scope="module")
def table() -> kundresa.EventTable:
    return kundresa.read_events(DATA / "mapping.yaml")


@pytest.fixture(scope="module")
def live(table: kundresa.EventTable) -> dict[str, Any]:
    return kundresa.measure_map(kundresa.read_map(DATA / "journey.journey.yaml"), table)


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    """Every event, made by pandas alone: enrolment, event, day."""
    registered = frame("student_registration").merge(frame("student"), on=ENROLMENT)
    registered = registered.merge(frame("course"), on=["code_module", "code_presentation"])
    done = frame("student_assessment").merge(frame("assessment"), on="id_assessment")
    left = registered.date_unregistration
    parts = [
        (registered, "Registered", registered.date_registration),
        (registered[~(left <= 0)], "Course started", 0),
        (registered, "Withdrew", left),
        (
            registered[registered.final_result != "Withdrawn"],
            "Result published",
            registered.module_presentation_length,
        ),
        (done[done.is_banked == 1], "Result carried over", done.date_submitted),
    ]
    kinds = {"TMA": "Assignment submitted", "CMA": "Quiz submitted", "Exam": "Exam taken"}
    for kind, name in kinds.items():
        rows = done[(done.is_banked == 0) & (done.assessment_type == kind)]
        parts.append((rows, name, rows.date_submitted))
    frames = [
        rows[ENROLMENT].assign(event=name, day=day, due=rows.get("date", np.nan))
        for rows, name, day in parts
    ]
    found = pd.concat(frames, ignore_index=True).dropna(subset=["day"])
    first = pd.to_datetime(found.code_presentation.map(STARTS))
    found["date"] = first + pd.to_timedelta(found.day, unit="D")
    module, presentation, student = (found[name].astype(str) for name in ENROLMENT)
    found["enrolment"] = module + "-" + presentation + "-" + student
    return found


def test_the_files_hold_what_the_publishers_state() -> None:
    students, submissions = frame("student"), frame("student_assessment")
    assert (len(students), students.id_student.nunique()) == (32_593, 28_785)
    assert (len(submissions), len(frame("assessment")), len(frame("course"))) == (173_912, 206, 22)
    assert students.final_result.value_counts().to_dict() == {
        "Pass": 12_361, "Withdrawn": 10_156, "Fail": 7_052, "Distinction": 3_024,
    }  # fmt: skip


def test_every_event_is_there(table: kundresa.EventTable, log: pd.DataFrame) -> None:
    counts = pd.Series([table.events[code] for code in table.event]).value_counts().to_dict()
    assert counts == log.event.value_counts().to_dict()
    assert counts["Withdrew"] == 10_072
    assert counts["Result published"] == 12_361 + 7_052 + 3_024
    assert len(table.profiles) == 28_785


TOUCHPOINTS = {
    "registers": "Registered",
    "carried-over": "Result carried over",
    "first-day": "Course started",
    "exam": "Exam taken",
    "result": "Result published",
}
STAGES = [
    ["registers", "carried-over"],
    ["first-day"],
    ["early-work"],
    ["middle-work"],
    ["late-work", "exam"],
    ["result"],
]
PATIENCE = 60


@pytest.fixture(scope="module")
def touched(log: pd.DataFrame) -> pd.DataFrame:
    """The map's events with their touchpoint and stage, by pandas alone."""
    of_event = {event: touchpoint for touchpoint, event in TOUCHPOINTS.items()}
    place = log.event.map(of_event)
    work = log.event.isin(["Assignment submitted", "Quiz submitted"])
    place[work & (log.due <= 56)] = "early-work"
    place[work & (log.due > 56) & (log.due <= 140)] = "middle-work"
    place[work & (log.due > 140)] = "late-work"
    stage_of = {name: k for k, names in enumerate(STAGES) for name in names}
    found = log.assign(touchpoint=place, stage=place.map(stage_of)).dropna(subset=["touchpoint"])
    # The result ends the journey; what comes on a later day begins another one.
    ends = found[found.touchpoint == "result"].groupby("enrolment").date.max()
    after = found.date > found.enrolment.map(ends)
    return found.assign(journey=found.enrolment + after.map({False: "", True: "+"}))


def test_touches_and_reach_agree_with_pandas(live: dict[str, Any], touched: pd.DataFrame) -> None:
    assert live["totals"]["map_events"] == len(touched)
    assert live["totals"]["journeys"] == touched.journey.nunique() == 32_576
    by_touchpoint = touched.groupby("touchpoint")
    assert {t["id"]: t["touches"] for t in live["touchpoints"]} == by_touchpoint.size().to_dict()
    reach = by_touchpoint.journey.nunique().to_dict()
    assert {t["id"]: t["reach"] for t in live["touchpoints"]} == reach


def test_the_five_parts_of_each_stage_agree_with_pandas(
    live: dict[str, Any], touched: pd.DataFrame, log: pd.DataFrame
) -> None:
    """Days are ties unless they differ: a later stage on the same day counts as going on."""
    first = touched.groupby(["journey", "stage"]).date.min().unstack()
    last = touched.groupby(["journey", "stage"]).date.max().unstack()
    newest = touched.groupby("journey").date.max()
    is_old = (log.date.max() - newest).dt.days > PATIENCE
    for k, stage in enumerate(live["stages"]):
        here = first[k].notna()
        later = pd.to_datetime(last.loc[here, range(k + 1, len(STAGES))].max(axis=1))
        went_on = later >= first.loc[here, k]
        rest = ~went_on & ~later.notna()
        expected = {
            "reached": int(here.sum()),
            "went_on": int(went_on.sum()),
            "came_back": int((later.notna() & ~went_on).sum()),
            "lost": int((rest & is_old[here[here].index]).sum()),
            "open": int((rest & ~is_old[here[here].index]).sum()),
        }
        if k == len(STAGES) - 1:
            expected |= {"lost": 0, "open": 0}
            assert stage["completed"] == expected["reached"] - expected["came_back"]
        assert {part: stage[part] for part in expected} == expected, stage["id"]


def test_the_tutorial_says_what_is_measured(live: dict[str, Any]) -> None:
    page = Path(__file__).resolve().parents[2] / "docs/tutorial/first-look.md"
    rows = re.findall(r"^\| ([A-Z][a-z ]+) \| ([\d,]+) \| ([\d,]*) ?\| ([\d,]*) ?\| ([\d.]*)%? ?\|$",
                      page.read_text("utf-8"), re.MULTILINE)  # fmt: skip
    said = [[float(cell.replace(",", "")) for cell in row[1:] if cell] for row in rows]
    measured = [
        [stage[part] for part in ("reached", "went_on", "lost")]
        + [round(100 * stage["go_on_rate"], 1)]
        if stage["go_on_rate"]
        else [stage["reached"]]
        for stage in live["stages"]
    ]
    assert said == measured
    assert f"{sum(stage['stopped_here'] for stage in live['stages'][:3]):,}" in page.read_text(
        "utf-8"
    )
