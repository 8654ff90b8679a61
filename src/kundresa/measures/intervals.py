"""Intervals, tests and quantiles, written out so that no statistics package is needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Z95: Final = 1.959963984540054


@dataclass(frozen=True)
class Rate:
    """``part`` of ``whole`` with a Wilson 95 % interval; all None without a denominator."""

    part: int
    whole: int
    rate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Difference:
    """The first rate minus the second, with a Newcombe 95 % interval."""

    difference: float
    low: float
    high: float


@dataclass(frozen=True)
class Quantiles:
    """Tenth, fiftieth and ninetieth percentile, in the unit of what went in."""

    p10: float
    p50: float
    p90: float


def rate_of(part: int, whole: int) -> Rate:
    """Give a rate with its Wilson score interval.

    Parameters
    ----------
    part, whole
        Counts, 0 <= part <= whole.

    Returns
    -------
    Rate
        ``rate``, ``low`` and ``high`` from 0 to 1; None where ``whole`` is 0.

    Notes
    -----
    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    Examples
    --------
    >>> found = rate_of(8, 10)
    >>> found.rate, round(found.low, 4), round(found.high, 4)
    (0.8, 0.4902, 0.9433)
    """
    if whole == 0:
        return Rate(part, whole, None, None, None)
    low, high = _wilson(part, whole)
    return Rate(part, whole, part / whole, low, high)


def _wilson(part: int, whole: int) -> tuple[float, float]:
    rate, square = part / whole, Z95 * Z95
    centre = (rate + square / (2 * whole)) / (1 + square / whole)
    half = math.sqrt(rate * (1 - rate) / whole + square / (4 * whole * whole))
    half *= Z95 / (1 + square / whole)
    # The exact bound is 0 or 1 here; rounding must not push it past the rate.
    return (
        0.0 if part == 0 else max(0.0, centre - half),
        1.0 if part == whole else min(1.0, centre + half),
    )


def difference_of(first: Rate, second: Rate) -> Difference | None:
    """Give the difference of two independent rates with Newcombe's hybrid score interval.

    Notes
    -----
    Newcombe, "Interval estimation for the difference between independent proportions", Statistics
    in Medicine 17 (1998), method 10.

    Examples
    --------
    >>> found = difference_of(rate_of(56, 70), rate_of(48, 80))
    >>> round(found.difference, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    if not first.whole or not second.whole:
        return None
    p1, p2 = first.part / first.whole, second.part / second.whole
    (low1, high1), (low2, high2) = (_wilson(r.part, r.whole) for r in (first, second))
    return Difference(
        p1 - p2,
        p1 - p2 - math.hypot(p1 - low1, high2 - p2),
        p1 - p2 + math.hypot(high1 - p1, p2 - low2),
    )


@lru_cache(maxsize=1024)
def t_quantile(degrees: int) -> float:
    """Give the 97.5 % point of Student's t by halving an interval."""
    low, high = 0.0, 13.0
    for _ in range(60):
        middle = (low + high) / 2
        # The two-sided tail is an incomplete beta function.
        tail = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + middle * middle))
        low, high = (middle, high) if tail > 0.05 else (low, middle)
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Give the regularised incomplete beta function by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    # Evaluated from the far end: at 200 terms the fraction has long settled.
    tail = 1.0
    for m in range(200, 0, -1):
        odd = -(a + m - 1) * (a + b + m - 1) * x / ((a + 2 * m - 2) * (a + 2 * m - 1))
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        tail = 1 + odd / (1 + even / tail)
    return front / (a * tail)


def binomial_tail(successes: int, trials: int, chance: float) -> float:
    """Give the chance of at least ``successes`` in ``trials``, exactly.

    Examples
    --------
    >>> round(binomial_tail(8, 10, 0.5), 6)
    0.054688
    """
    if successes <= 0:
        return 1.0
    if chance <= 0 or successes > trials:
        return 0.0
    if chance >= 1:
        return 1.0
    first = (
        math.lgamma(trials + 1) - math.lgamma(successes + 1) - math.lgamma(trials - successes + 1)
        + successes * math.log(chance) + (trials - successes) * math.log1p(-chance)
    )  # fmt: skip
    # Each further term is the one before times a ratio; logarithms keep far tails from underflow.
    k = np.arange(successes, trials)
    ratios = np.log((trials - k) / (k + 1.0)) + math.log(chance) - math.log1p(-chance)
    terms = first + np.concatenate([np.zeros(1), np.cumsum(ratios)])
    return min(1.0, float(np.exp(terms).sum()))


def benjamini_hochberg(p_values: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Tell which hypotheses to reject at a false discovery rate.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.2, 0.03])
    [True, False, True]
    """
    count = len(p_values)
    ranked = sorted(p_values)
    passed = [p for rank, p in enumerate(ranked, 1) if p <= rate * rank / count]
    limit = passed[-1] if passed else -1.0
    return [p <= limit for p in p_values]


def quantiles_of(values: NDArray[Any]) -> Quantiles | None:
    """Give p10, p50 and p90 by linear interpolation between order statistics.

    Examples
    --------
    >>> quantiles_of(np.array([0, 10]))
    Quantiles(p10=1.0, p50=5.0, p90=9.0)
    """
    if not len(values):
        return None
    p10, p50, p90 = np.quantile(values, [0.1, 0.5, 0.9])
    return Quantiles(float(p10), float(p50), float(p90))


def median_of(values: NDArray[Any]) -> float | None:
    """Give the median, or None of nothing."""
    return float(np.median(values)) if len(values) else None
