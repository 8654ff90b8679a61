"""The events of the shop: their names, and what each of them carries.

Rows name an event by its number here. `DETAIL` says which property the row's detail is a code of,
`NUMBER` which property (or the score) its number is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.project.appliance_shop.catalogue import CATEGORY_NAMES, MACHINES, STORES


@dataclass(frozen=True)
class Kind:
    """One event: its channel, and which columns of the visit or order it shows."""

    name: str
    channel: str
    detail: str = ""
    number: str = ""
    shows: str = ""
    identifiers: str = ""
    scale: str = ""
    to_the_minute: bool = False


ANONYMOUS: Final = "anonymous"
MAIL: Final = "mail"
SIGN_UP: Final = "sign_up"
SIGN_IN: Final = "sign_in"

KINDS: Final = (
    Kind("Advert Shown", "display_ad", detail="advert"),
    Kind("Session Started", "web", detail="source", shows="device", identifiers=ANONYMOUS),
    Kind("Cookie Choice Made", "web", detail="choice", shows="device"),
    Kind("Product List Viewed", "web", shows="device category"),
    Kind("Product Viewed", "web", detail="product", shows="device category"),
    Kind("Reviews Read", "review_site", detail="product", shows="device category"),
    Kind("Review Link Clicked", "review_site", detail="product", shows="device category"),
    Kind("Chat Started", "chat", shows="device category"),
    Kind("Chat Message Sent", "chat", shows="device"),
    Kind("Chat Answered", "chat", number="wait_minutes"),
    Kind("Chat Rated", "chat", number="score", scale="csat5"),
    Kind("Newsletter Subscribed", "web", shows="device", identifiers=SIGN_UP),
    Kind("Product Added", "web", shows="device category product items"),
    Kind("Cart Viewed", "web", shows="device"),
    Kind("Checkout Started", "web", shows="device category items"),
    Kind("Signed In", "web", shows="device", identifiers=SIGN_IN),
    Kind("Delivery Options Viewed", "web", number="delivery_cost", shows="device category"),
    Kind("Payment Info Entered", "web", shows="device delivery"),
    Kind("Payment Failed", "web", detail="reason", shows="device"),
    Kind("Order Completed", "web", shows="device category product items delivery value order"),
    Kind("Newsletter Sent", "newsletter", identifiers=MAIL),
    Kind("Newsletter Opened", "newsletter"),
    Kind("Newsletter Clicked", "newsletter"),
    Kind("Store Visited", "store", shows="store", identifiers=MAIL, to_the_minute=True),
    Kind("Order Shipped", "packaging", shows="delivery order"),
    Kind("Order Ready", "store", shows="store order"),
    Kind("Order Delivered", "packaging", number="delay_days", shows="delivery order late"),
    Kind("Product Unpacked", "product", shows="category product order"),
    Kind("Warranty Registered", "product", shows="category product order", identifiers=MAIL),
    Kind("Support Requested", "phone", detail="reason", shows="category product order",
         to_the_minute=True),
    Kind("Order Returned", "packaging", detail="reason",
         shows="category product items refund order"),
    Kind("Survey Sent", "email", detail="survey", shows="order"),
    Kind("Survey Answered", "email", detail="survey", number="score", scale="csat5",
         shows="order"),
    Kind("Month Survey Answered", "email", detail="survey", number="score", scale="nps",
         shows="order"),
    Kind("Review Written", "review_site", number="score", scale="stars5",
         shows="category product order"),
)  # fmt: skip
NUMBER_OF: Final = {kind.name: number for number, kind in enumerate(KINDS)}

# Two surveys ask on two scales, and both answers are the same event.
EVENT_NAMES: Final = tuple(kind.name.removeprefix("Month ") for kind in KINDS)
SCALES: Final = ("csat5", "nps", "stars5")

SOURCES: Final = ("search", "direct", "advert", "newsletter")
SOURCE_CHANNELS: Final = ("search", "web", "display_ad", "newsletter")
DEVICES: Final = ("phone", "computer")
DELIVERIES: Final = ("home", "pickup")
ADVERTS: Final = ("prospecting", "retargeting")
CHOICES: Final = ("all", "necessary")
REASONS: Final = (
    "where is it", "how does it work", "broken", "not as expected", "changed my mind",
    "no answer from the bank",
)  # fmt: skip
SURVEYS: Final = ("delivery", "month")

COMMENTS: Final = (
    # Late.
    "Kom flera dagar för sent och ingen sa något.", "Jag fick ringa för att få veta var den var.",
    "Bra maskin, men leveransen tog alldeles för lång tid.", "Försenad. Igen.",
    # Waited for the pickup.
    "Fick vänta länge på att hämta i butiken.", "Det stod två dagar, det tog över en vecka.",
    "Tror inte att butiken visste att jag väntade.", "Hämtningen tog för lång tid.",
    # Pleased.
    "Enkelt hela vägen, tack!", "Precis vad jag letade efter.", "Omdömena stämde. Den håller.",
    "Snabbt hem och lätt att packa upp.",
    # Neither.
    "Helt okej.", "Gör vad den ska.", "Bra pris, lite väl mycket kartong.", "Som väntat.",
    # Displeased.
    "Den låter mer än jag trodde.", "Känns plastig för priset.", "Hittade inte det jag behövde.",
    "Skulle inte köpa den igen.",
)  # fmt: skip
COMMENTS_EACH: Final = 4
LATE, WAITED, PLEASED, NEITHER, DISPLEASED = range(5)

TEXTS: Final = {
    "source": SOURCES, "advert": ADVERTS, "choice": CHOICES, "product": MACHINES,
    "reason": REASONS, "survey": SURVEYS, "device": DEVICES, "category": CATEGORY_NAMES,
    "delivery": DELIVERIES, "store": STORES, "comment": COMMENTS,
}  # fmt: skip
"""Every text that a property can have, but for the order's id."""
NUMBERS: Final = ("wait_minutes", "delivery_cost", "delay_days")


def where_kind(test: Any) -> NDArray[np.bool_]:
    """Give, for each kind, whether ``test`` holds; to be looked up by the kinds of rows."""
    return np.array([bool(test(kind)) for kind in KINDS])


def shows(what: str) -> NDArray[np.bool_]:
    """Give, for each kind, whether it shows that column."""
    return where_kind(lambda kind: what in kind.shows.split())
