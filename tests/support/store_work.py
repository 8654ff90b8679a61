"""Works on the store of workspace 1, as a program of its own, until it is killed.

``store_work.py add NAME`` adds events behind the last that NAME added, and prints how many there
are once they are in; ``store_work.py compact`` prints a line for each compaction.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

from kundresa.core.records import parse_event
from kundresa.core.settings import settings
from kundresa.project.roles import set_up_django

AT_ONCE = 15
MOST_DELTAS = 4
"""Writers don't run ahead of who compacts, or each compaction would take longer than the last."""


def main(role: str, name: str = "") -> None:
    """Work until killed."""
    set_up_django()
    folder = settings().data_dir
    if role == "add":
        add(folder, name)
    compact(folder)


def add(folder: Path, name: str) -> None:
    from kundresa.events.api import store_of

    chance = random.Random(name)
    while True:
        while len(store_of(1, folder).version.deltas) > MOST_DELTAS:
            time.sleep(0.01)
        done = store_of(1, folder).version.marks.get(name, 0)
        events = [
            parse_event({"profile": f"p{chance.randrange(40)}", "event": f"e{chance.randrange(9)}",
                         "time": f"2026-03-{1 + number % 28:02d}", "id": f"{name}-{number}",
                         "properties": {"by": name, f"n{chance.randrange(3)}": f"t{number}"}})
            for number in range(done, done + AT_ONCE)
        ]  # fmt: skip
        after = done + AT_ONCE
        store_of(1, folder).append(events, marks={name: after}, after={name: done})
        print(after, flush=True)


def compact(folder: Path) -> None:
    from kundresa.events.api import store_of

    while True:
        if store_of(1, folder).compact(whole=True):
            print("compacted", flush=True)
        store_of(1, folder).sweep()


if __name__ == "__main__":
    main(*sys.argv[1:])
