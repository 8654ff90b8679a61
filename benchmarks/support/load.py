"""Sends batches over some connections, each waiting for its answer; prints what it saw as JSON.

``python -m benchmarks.support.load PORT KEY --seconds 10 --connections 8 --events 100``

A process of its own, so that its work never stands in the way of what it measures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time

import uvloop

from benchmarks.support.spread import spread

_TIME = "2026-01-01T12:00:00.000Z"


class Batches:
    """Makes bodies of equal size whose ids are all random, cheaply: the rest is made once."""

    def __init__(self, key: str, events: int) -> None:
        event = json.dumps(_event(), separators=(",", ":"))
        before, after = event.split("ID")
        self._events = events
        self._head = f'{{"writeKey":"{key}","batch":[{before}'.encode()
        self._between = f"{after},{before}".encode()
        self._tail = f"{after}]}}".encode()

    def body(self) -> bytes:
        """Give the next body."""
        digits = os.urandom(16 * self._events).hex().encode()
        ids = [digits[at : at + 32] for at in range(0, len(digits), 32)]
        return self._head + self._between.join(ids) + self._tail


def _event() -> dict[str, object]:
    """Give an event of some 430 bytes, as a shop's page would send it."""
    return {
        "type": "track",
        "event": "Product viewed",
        "userId": "customer-123456",
        "messageId": "ID",
        "timestamp": _TIME,
        "properties": {"sku": "A-1234-XL", "price": 249.5, "currency": "SEK", "category": "coats"},
        "context": {
            "page": {"url": "https://shop.example/coats/a-1234-xl", "title": "Coat, extra large"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0",
            "locale": "sv-SE",
        },
    }


class Tally:
    """What the connections saw together."""

    def __init__(self) -> None:
        self.milliseconds: list[float] = []
        self.refused = 0


async def send_until(until: float, port: int, batches: Batches, tally: Tally) -> None:
    """Send batch after batch on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    while time.perf_counter() < until:
        body = batches.body()
        head = (
            b"POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body)
        )
        sent = time.perf_counter()
        writer.write(head + body)
        status = await read_answer(reader)
        tally.milliseconds.append((time.perf_counter() - sent) * 1000)
        tally.refused += status != 200
    writer.close()


async def read_answer(reader: asyncio.StreamReader) -> int:
    """Read one answer whole and give its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def run(port: int, key: str, seconds: float, connections: int, events: int) -> Tally:
    """Send for some seconds."""
    tally, batches = Tally(), Batches(key, events)
    until = time.perf_counter() + seconds
    await asyncio.gather(*(send_until(until, port, batches, tally) for _ in range(connections)))
    return tally


def main() -> None:
    """Send as told and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("key")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--events", type=int, default=100)
    told = parser.parse_args()
    started = time.perf_counter()
    tally = uvloop.run(run(told.port, told.key, told.seconds, told.connections, told.events))
    took = time.perf_counter() - started
    requests = len(tally.milliseconds)
    figures = {
        "requests": requests,
        "refused": tally.refused,
        "accepted_events": (requests - tally.refused) * told.events,
        "requests_per_second": round(requests / took, 1),
        "events_per_second": round((requests - tally.refused) * told.events / took),
        **spread(tally.milliseconds),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
