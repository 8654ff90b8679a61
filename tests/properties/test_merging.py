"""Merging runs gives the order that sorting all rows gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.store import merging
from kundresa.store.merging import Runs, in_order

RUNS = st.lists(
    st.tuples(st.integers(0, 3), st.lists(st.integers(0, 9), min_size=1, max_size=5)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=50, deadline=None)
@given(
    drawn=RUNS, large=st.sampled_from([0, 50_000]), most=st.sampled_from([1, 2, 32]),
    seed=st.integers(0, 9),
)  # fmt: skip
def test_merged_rows_stand_as_sorted_rows_do(
    drawn: list[tuple[int, list[int]]], large: int, most: int, seed: int
) -> None:
    times = np.array([time for _, some in drawn for time in sorted(some)], np.int64)
    sequence = np.random.default_rng(seed).permutation(len(times)).astype(np.int64)
    ends = np.cumsum([len(some) for _, some in drawn])
    first = np.concatenate([[0], ends[:-1]])
    for start, stop in zip(first, ends, strict=True):
        inside = np.lexsort((sequence[start:stop], times[start:stop]))
        sequence[start:stop] = sequence[start:stop][inside]
    profile = np.array([owner for owner, _ in drawn], np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "LARGE", large)
        patch.setattr(merging, "MOST_RUNS", most)
        order, profiles, offsets = in_order(Runs(profile, first, ends), times, lambda: sequence)
    owner = np.repeat(profile, ends - first)
    assert order.tolist() == np.lexsort((sequence, times, owner)).tolist()
    assert profiles.tolist() == sorted(set(profile.tolist()))
    assert np.repeat(profiles, np.diff(offsets)).tolist() == sorted(owner.tolist())
