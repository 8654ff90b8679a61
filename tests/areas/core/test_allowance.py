"""How often somebody may ask."""

from hypothesis import given
from hypothesis import strategies as st

from kundresa.core.allowance import Allowance


def test_one_key_does_not_use_up_what_another_has() -> None:
    allowance = Allowance(per_second=1, burst=1)
    assert allowance.wait("a", now=0) == 0
    assert allowance.wait("b", now=0) == 0
    assert allowance.wait("a", now=0) == 1


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 5), st.floats(0.1, 10))
def test_no_more_are_let_through_than_the_burst_and_the_rate(
    pauses: list[float], burst: int, per_second: float
) -> None:
    allowance, now, through = Allowance(per_second=per_second, burst=burst), 0.0, 0
    for pause in pauses:
        now += pause
        through += allowance.wait("a", now=now) == 0
    assert through <= burst + now * per_second + 1e-6


@given(st.integers(1, 5), st.floats(0.1, 10))
def test_who_waits_as_long_as_told_is_let_through(burst: int, per_second: float) -> None:
    allowance, now = Allowance(per_second=per_second, burst=burst), 0.0
    for _ in range(20):
        wait = allowance.wait("a", now=now)
        now += wait
        if wait:
            assert allowance.wait("a", now=now + 1e-9) == 0
