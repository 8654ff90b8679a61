"""Opens one page again and again with some clients; prints what it saw as JSON.

``python -m benchmarks.support.pages ADDRESS --seconds 10 --clients 2``
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time

import httpx

from benchmarks.support.spread import spread


async def open_until(until: float, address: str, seen: list[float], faults: list[int]) -> None:
    """Open the page, one after the other, as somebody who reads nothing would."""
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        while time.perf_counter() < until:
            asked = time.perf_counter()
            status = (await client.get(address)).status_code
            seen.append((time.perf_counter() - asked) * 1000)
            if status != 200:
                faults.append(status)


async def run(address: str, seconds: float, clients: int) -> dict[str, object]:
    """Open the page for some seconds."""
    seen: list[float] = []
    faults: list[int] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(open_until(until, address, seen, faults) for _ in range(clients)))
    return {"pages": len(seen), "failed": len(faults), **spread(seen)}


def main() -> None:
    """Open as told and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--clients", type=int, default=2)
    told = parser.parse_args()
    print(json.dumps(asyncio.run(run(told.address, told.seconds, told.clients))))


if __name__ == "__main__":
    main()
