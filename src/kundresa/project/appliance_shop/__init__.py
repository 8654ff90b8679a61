"""A simulated appliance shop with a known truth: events for lessons, demos, tests and benchmarks.

Enter by `Shop` (events), `Truth` (what decides) and `truth` (what each touchpoint really does).
"""

from __future__ import annotations

from kundresa.project.appliance_shop.effects import Effect, truth
from kundresa.project.appliance_shop.parameters import Period, Persona, Truth
from kundresa.project.appliance_shop.shop import Chunk, Shop

__all__ = ["Chunk", "Effect", "Period", "Persona", "Shop", "Truth", "truth"]
