"""What the shop sells, and where: categories, models from cheap to dear, extras, stores.

A basket is one machine and at most three of its extra, so every basket there can be is listed
once, with its items as JSON, and an event only names its number.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np

MODELS: Final = 4
MOST_EXTRAS: Final = 3
BASKETS_PER_MACHINE: Final = 1 + MOST_EXTRAS


@dataclass(frozen=True)
class Category:
    """A kind of machine with four models, SEK each, and the extra that goes with it."""

    name: str
    code: str
    prices: tuple[int, int, int, int]
    extra: str
    extra_price: int
    bulky: bool = False


CATEGORIES: Final = (
    Category("vacuum cleaner", "VAC", (1290, 2490, 3990, 6490), "dust bags", 149),
    Category("washing machine", "WSH", (3990, 5490, 7990, 12990), "hose kit", 199, bulky=True),
    Category("coffee machine", "COF", (699, 1490, 3490, 8990), "descaler", 99),
    Category("kitchen mixer", "MIX", (899, 2290, 4490, 6990), "bowl", 449),
    Category("fridge", "FRI", (4490, 6990, 9990, 16990), "water filter", 349, bulky=True),
    Category("air purifier", "AIR", (990, 1990, 3290, 5490), "filter", 299),
)
STORES: Final = ("Stockholm", "Göteborg", "Malmö", "Umeå")

MACHINES: Final = tuple(
    f"{category.code}-{model + 1}" for category in CATEGORIES for model in range(MODELS)
)
CATEGORY_NAMES: Final = tuple(category.name for category in CATEGORIES)
BULKY: Final = np.array([category.bulky for category in CATEGORIES])


def _items(category: Category, model: int, extras: int) -> list[dict[str, object]]:
    machine = {
        "sku": f"{category.code}-{model + 1}", "quantity": 1,
        "price": category.prices[model], "category": category.name,
    }  # fmt: skip
    extra = {
        "sku": f"{category.code}-X", "quantity": extras,
        "price": category.extra_price, "category": category.extra,
    }  # fmt: skip
    return [machine, extra] if extras else [machine]


_BASKETS: Final = [
    _items(category, model, extras)
    for category in CATEGORIES
    for model in range(MODELS)
    for extras in range(BASKETS_PER_MACHINE)
]
BASKET_TEXTS: Final = tuple(json.dumps({"items": items}) for items in _BASKETS)
BASKET_PRICES: Final = np.array(
    [category.prices[model] + extras * category.extra_price
     for category in CATEGORIES
     for model in range(MODELS)
     for extras in range(BASKETS_PER_MACHINE)],
    np.int64,
)  # fmt: skip
"""SEK, in the order of the texts: machine, then how many extras."""
