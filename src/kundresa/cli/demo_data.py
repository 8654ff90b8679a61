"""``kundresa demo-data``: events of a simulated shop, in any number, with the truth behind them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kundresa.cli.answers import Progress, answer, answering, json_option
from kundresa.core.errors import KundresaError

if TYPE_CHECKING:
    from kundresa.project.appliance_shop import Effect
    from kundresa.project.appliance_shop.writing import Written


@click.command("demo-data")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--events", type=click.IntRange(min=1), default=100_000, show_default=True,
              help="How many at least; the last profile's events are all written.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True,
              help="The same seed gives the same events.")  # fmt: skip
@click.option("--profiles", "with_profiles", is_flag=True,
              help="Also write what is true of each profile, into OUT's name with .profiles.")  # fmt: skip
@json_option
@answering
def command(out: Path, events: int, seed: int, *, with_profiles: bool, as_json: bool) -> None:
    """Write simulated events of an appliance shop to OUT (.jsonl, .jsonl.gz, .parquet).

    Every event has the property simulated. The answer tells what each touchpoint truly does, so
    that whatever is measured can be held against it.
    """
    # Here, so that other commands do not wait for numpy.
    from kundresa.project.appliance_shop import Shop, truth
    from kundresa.project.appliance_shop.writing import write

    shop = Shop(seed=seed)
    progress = _Making(events)
    try:
        written = write(shop, out, events, with_profiles=with_profiles, progress=progress)
        effects = truth(shop.truth, seed=seed, period=shop.period)
    except KeyboardInterrupt:
        raise KundresaError(
            f"Stopped after {progress.count:,} events.", hint=f"{out} was not written."
        ) from None
    body = {
        "simulated": True, "written": str(written.file),
        "profiles_written": str(written.profiles_file) if written.profiles_file else None,
        "seed": seed, "events": written.events, "profiles": written.profiles,
        "period": shop.period.to_json(),
        "truth": {
            "effects": [effect.to_json() for effect in effects],
            "parameters": shop.truth.to_json(),
        },
    }  # fmt: skip
    answer(body, as_json=as_json, text=_text(written, body["period"], effects))


class _Making:
    """Tells how far it is and how long it will still take."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.count = wanted, 0
        self.started = time.monotonic()
        self.say = Progress("Making events")

    def __call__(self, count: int) -> None:
        self.count = count
        share = min(count / self.wanted, 1)
        left = (time.monotonic() - self.started) * (1 - share) / share
        self.say(f"{share:.0%}, {left:,.0f} s left", count)


def _text(written: Written, period: Any, effects: tuple[Effect, ...]) -> str:
    what = f"{written.events:,} simulated events of {written.profiles:,} profiles"
    lines = [f"Wrote {what}, {period['from']} to {period['to']}, to {written.file}."]
    if written.profiles_file:
        lines.append(f"What is true of each profile is in {written.profiles_file}.")
    lines.append("Truly, and as a plain comparison says:")
    lines += [
        f"  {effect.touchpoint:14}{effect.outcome:18}{effect.effect:+.3f}  {effect.association:+.3f}"
        for effect in effects
    ]
    return "\n".join(lines)
