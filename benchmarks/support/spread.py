"""How times are told: the median, the slowest of a hundred, the slowest of all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Give p50, p99 and the longest, in milliseconds."""
    if not milliseconds:
        return {"p50_ms": float("nan"), "p99_ms": float("nan"), "longest_ms": float("nan")}
    p50, p99 = np.percentile(milliseconds, [50, 99])
    return {
        "p50_ms": round(float(p50), 1),
        "p99_ms": round(float(p99), 1),
        "longest_ms": round(max(milliseconds), 1),
    }
