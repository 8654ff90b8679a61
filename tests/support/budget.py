"""Print at the end of a run how many minutes each test area took of its budget.

It tells and does not fail: a slow machine is no fault of the change, a growing number is.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

MINUTES = {
    "areas": 2,
    "properties": 3,
    "contracts": 2,
    "stories": 3,
    "browser": 4,
    "architecture": 1,
    "docs": 2,
    "wheel": 3,
}
# Most of its time is pip's, which fetches what the wheel needs.
OWN_BUDGET = {"tests/docs/test_wheel.py": "wheel"}
WHOLE = 20


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up set-up, call and tear-down of every test by the folder it stands in."""
    spent: dict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                spent[area(report.nodeid)] += report.duration / 60
    if not spent:
        return
    terminalreporter.section("minutes per test area")
    for name in sorted(spent, key=lambda name: [*MINUTES, name].index(name)):
        terminalreporter.write_line(line(name, spent[name], MINUTES.get(name)))
    terminalreporter.write_line(line("in all", sum(spent.values()), WHOLE))


def area(nodeid: str) -> str:
    """Return the folder below tests/, or the name of a file that has a budget of its own."""
    file = nodeid.partition("::")[0]
    if file in OWN_BUDGET:
        return OWN_BUDGET[file]
    parts = Path(file).parts
    return parts[1] if len(parts) > 2 and parts[0] == "tests" else "elsewhere"


def line(name: str, minutes: float, budget: int | None) -> str:
    """Return one row of the table."""
    if budget is None:
        return f"{name:<14}{minutes:6.2f}"
    over = "  over budget" if minutes > budget else ""
    return f"{name:<14}{minutes:6.2f} of {budget:2}{over}"
