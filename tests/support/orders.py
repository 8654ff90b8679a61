"""Orders as a wide table with a mapping, for what reads files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kundresa.store import EventTable

ORDERS: dict[str, Any] = {
    "kundresa_mapping": 1,
    "zone": "Europe/Stockholm",
    "tables": {"orders": {"file": "orders.csv"}, "shops": {"file": "shops.csv"}},
    "types": {"amount": "number", "gift": "boolean", "stars": "number"},
    "rows": [
        {
            "table": "orders",
            "join": [{"table": "shops", "on": ["shop"]}],
            "profile": "customer",
            "currency": {"value": "sek"},
            "properties": {"shop": "shop", "city": "city", "gift": "gift"},
            "events": [
                {"event": "Ordered", "time": "ordered", "value": "amount", "id": "order"},
                {"event": "Delivered", "time": "delivered", "precision": "day"},
                {
                    "event": "Reviewed",
                    "time": "reviewed",
                    "when": {"property": "stars", "is": "exists"},
                    "score": {"value": "stars", "scale": "stars5"},
                },
            ],
        }
    ],
}
HEADER = "order,customer,shop,ordered,delivered,reviewed,amount,gift,stars"
ROW = "o1,ann,s1,2026-03-01T12:00:00,2026-03-03T08:15:00,2026-03-29T02:30:00,99.5,true,5"


def lay(folder: Path, *rows: str, shops: str = "shop,city\ns1,Umeå\n", **changes: Any) -> Path:
    """Write a mapping and its files."""
    (folder / "orders.csv").write_text("\n".join([HEADER, *rows, ""]), "utf-8")
    (folder / "shops.csv").write_text(shops, "utf-8")
    with (folder / "mapping.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({**ORDERS, **changes}, file)
    return folder / "mapping.yaml"


def as_events(table: EventTable) -> list[tuple[Any, ...]]:
    """Give a table's rows, sorted, for comparing."""
    city = table.text_column("property", "city")
    gift = table.boolean_column("property", "gift")
    value = table.number_column("field", "value")
    rows = [
        (
            table.profiles[table.profile[i]],
            table.events[table.event[i]],
            int(table.time[i]),
            int(table.until[i]),
            None if value[i] != value[i] else float(value[i]),
            table.currencies[table.currency[i]],
            None if table.score[i] != table.score[i] else float(table.score[i]),
            city[1][city[0][i]] if city[0][i] >= 0 else None,
            int(gift[i]),
        )
        for i in range(len(table))
    ]
    return sorted(rows, key=repr)
