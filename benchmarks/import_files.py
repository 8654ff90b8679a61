"""How quick the import of files is, as a ratio to pyarrow reading the same file in the same run.

Reading means: from the file to rows of events, ready for the store. Targets: half of pyarrow's
rate from Parquet, a third from CSV. The two take turns, and the least CPU-seconds of each count, as
other work on the machine only ever adds to them. ``--rows`` sets the size, one million by default.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from kundresa.events.sources import read_mapping
from kundresa.events.sources.rows import mapped_pieces

TARGETS = {"parquet": 1 / 2, "csv": 1 / 3}
ROUNDS = 15
MAPPING = """
kundresa_mapping: 1
zone: Europe/Stockholm
tables: {{orders: {{file: orders.{kind}}}}}
types: {{amount: number}}
rows:
  - table: orders
    profile: customer
    channel: channel
    currency: {{value: SEK}}
    properties: {{product: product}}
    events:
      - {{event: Ordered, time: ordered, value: amount, id: order}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, orders(rows))
        readers: dict[str, Callable[[Path], object]] = {
            "parquet": pa.parquet.read_table,
            "csv": pa.csv.read_csv,
        }
        for kind, read in readers.items():
            compare(folder, kind, read, rows)


def orders(count: int) -> pa.Table:
    """Make orders: a tenth as many customers as rows, times to the second in two years."""
    random = np.random.default_rng(7)
    start = np.datetime64("2024-01-01T00:00:00")
    ordered = start + np.sort(random.integers(0, 731 * 86_400, count)).astype("m8[s]")
    return pa.table(
        {
            "order": pa.array([f"o{number:08}" for number in range(count)]),
            "customer": pa.array([f"c{n:07}" for n in random.integers(0, count // 10 + 1, count)]),
            "ordered": pa.array(ordered.astype("M8[us]")),
            "amount": pa.array(np.round(random.gamma(2, 150, count), 2)),
            "channel": pa.array(random.choice(["web", "app", "shop", "phone"], count)),
            "product": pa.array([f"product {n}" for n in random.integers(0, 500, count)]),
        }
    )


def write(folder: Path, table: pa.Table) -> None:
    pa.parquet.write_table(table, folder / "orders.parquet")
    text = pa.compute.strftime(table["ordered"].cast(pa.timestamp("s")), "%Y-%m-%dT%H:%M:%S")
    columns = [column.to_pylist() for column in table.set_column(2, "ordered", text).columns]
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.column_names)
        writer.writerows(zip(*columns, strict=True))
    for kind in TARGETS:
        (folder / f"orders-{kind}.yaml").write_text(MAPPING.format(kind=kind), "utf-8")


def compare(folder: Path, kind: str, read: Callable[[Path], object], rows: int) -> None:
    mapping = read_mapping(folder / f"orders-{kind}.yaml")

    def take() -> None:
        made = sum(table.num_rows for piece in mapped_pieces(mapping) for table in piece.tables)
        assert made == rows

    take()
    pairs = [(seconds(take), seconds(lambda: read(folder / f"orders.{kind}")))
             for _ in range(ROUNDS)]  # fmt: skip
    ours, theirs = (min(each) for each in zip(*pairs, strict=True))
    ratio, target = theirs / ours, TARGETS[kind]
    verdict = "met" if ratio >= target else "missed"
    print(
        f"{kind}: {ours:.3f} CPU s, pyarrow {theirs:.3f} CPU s,"
        f" ratio {ratio:.2f}, target {target:.2f}: {verdict}"
    )


def seconds(take: Callable[[], object]) -> float:
    started = time.process_time()
    take()
    return time.process_time() - started


if __name__ == "__main__":
    main()
