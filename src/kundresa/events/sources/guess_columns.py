"""What a column is likely to be, by its name in four languages and by its first values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.records import is_currency
from kundresa.events.sources.batch import Batch
from kundresa.events.sources.moments import Clock, read_moments

MOSTLY: Final = 0.95
_FEW: Final = 1_000  # rows on which a form of times is tried
_FIRST: Final = 60  # more than `MOSTLY` forgives
_ADDRESS: Final = r"^\s*[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+\s*$"
_PHONE: Final = r"^\s*\+?[\d(][\d\s()./-]{4,18}\d\s*$"
_DAY_FIRST: Final = ("%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y")
_CLOCKS: Final = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
FORMS: Final = (
    *(day + clock for day in ("%Y/%m/%d", *_DAY_FIRST, "%m/%d/%Y") for clock in _CLOCKS),
    "%d/%b/%Y:%H:%M:%S %z",
)
"""Forms of times that are tried; a day before its month, as in the Nordic countries, first."""

WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": (
        "case:concept:name", "profile", "customer", "user", "client", "visitor", "household", "member", "person",
        "patient", "student", "reviewer", "respondent", "account", "kund", "kunde", "bruker",
        "bruger", "användare", "anvandare", "besökare", "besøkende", "medlem", "hushåll", "profil",
        "case", "session", "uuid", "ip", "order", "booking", "ticket", "claim", "ärende", "sak", "sag",
    ),
    "event": (
        "event", "activity", "action", "concept:name", "händelse", "handelse", "hendelse",
        "hændelse", "aktivitet", "type", "typ", "status",
    ),
    "time": (
        "timestamp", "time", "date", "datetime", "at", "ts", "tid", "tidspunkt", "dato", "datum",
        "klockslag",
    ),
    "plan": (
        "estimated", "planned", "expected", "deadline", "due", "limit", "birth", "valid", "expires",
        "beräknad", "planerad", "planlagt", "forventet", "frist", "född", "født", "fødsel",
    ),
    "value": (
        "amount", "value", "price", "revenue", "total", "sales", "sum", "payment", "belopp",
        "pris", "summa", "beløp", "beløb", "omsetning", "omsætning", "omsättning",
    ),
    "currency": ("currency", "valuta"),
    "channel": ("channel", "kanal"),
    "campaign": ("campaign", "kampanj", "kampanje", "kampagne", "utskick"),
    "touchpoint": (
        "touchpoint", "kontaktpunkt", "store", "butik", "butikk", "page", "sida", "side", "keyword",
        "sökord", "søkeord", "søgeord",
    ),
    "source": ("account", "konto", "source", "källa", "kilde", "kjelde"),
    "count": (
        "impressions", "clicks", "views", "pageviews", "visits", "visitors", "sessions", "users",
        "opens", "opened", "sent", "delivered", "reach", "followers", "subscribers", "footfall",
        "searches", "volume", "orders", "purchases", "conversions", "calls", "downloads", "bounces",
        "visningar", "visninger", "exponeringar", "eksponeringer", "klick", "klikk", "klik",
        "besök", "besøk", "besøg", "besökare", "besøkende", "besøgende", "öppningar", "åpninger",
        "åbninger", "utskick", "utsendelser", "räckvidd", "rekkevidde", "rækkevidde", "följare",
        "følgere", "sökningar", "søk", "søgninger", "sökvolym", "søkevolum", "søgevolumen",
        "beställningar", "bestillinger", "ordrar", "ordrer",
    ),
    "cost": (
        "cost", "spend", "spent", "budget", "revenue", "sales", "amount", "value", "kostnad",
        "kostnader", "omkostning", "omkostninger", "forbruk", "forbrug", "utgift", "intäkt",
        "omsättning", "omsetning", "omsætning", "belopp", "beløp", "beløb",
    ),
    "average": (
        "ctr", "cpc", "cpm", "cpa", "roas", "rate", "avg", "average", "share", "percent", "position",
        "frequency", "snitt", "genomsnitt", "gjennomsnitt", "gennemsnit", "andel", "procent",
        "prosent", "frekvens",
    ),
    "begin": (
        "start", "starts", "begin", "begins", "from", "från", "fra", "startdatum", "startdato",
    ),
    "end": ("end", "ends", "to", "until", "last", "slut", "till", "til", "slutdatum", "sluttdato",
            "slutdato"),
    "week": ("week", "vecka", "uke", "uge"),
    "month": ("month", "månad", "manad", "måned", "maned"),
    "score": ("rating", "score", "stars", "stjärnor", "betyg", "karakter", "nps", "csat"),
    "email": ("email", "mail", "e-mail", "e-post", "epost", "e-postadress", "e-postadresse"),
    "phone": ("phone", "telephone", "telefon", "mobile", "mobil", "tlf", "telefonnummer"),
    "anonymous_id": ("anonymous", "anonym", "anonymt"),
    "personal": (
        "email", "mail", "epost", "e-post", "phone", "telefon", "tlf", "mobile", "mobil", "name", "namn", "navn",
        "address", "adress", "adresse", "ssn", "personnummer", "fødselsnummer", "cpr",
    ),
}  # fmt: skip
"""Words of a column's name that tell what it holds, the surest first."""


@dataclass(frozen=True)
class Column:
    """The first values of one column."""

    name: str
    values: pa.Array
    declared: str = "text"
    decimal: str = ""
    """The sign before decimals, where its numbers aren't written plainly."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words of the name, in small letters."""
        # In an event log, case: tells that the whole trace has it, not what it is.
        name = self.name.removeprefix("case:")
        spaced = re.sub(r"(?<=[a-zåäöæø0-9])(?=[A-ZÅÄÖÆØ])", " ", name)
        return tuple(re.findall(r"[^\W\d_]+", spaced.lower()))

    def is_named(self, what: str) -> bool:
        """Say whether the name has one of the words for something, whole."""
        return any(word in WORDS[what] for word in self.words)

    def rank(self, what: str) -> float | None:
        """Say which of the words for something the name has, 0 for the surest; none if none."""
        known = WORDS[what]
        own = (*self.words, self.name.lower())
        found: list[float] = [known.index(word) for word in own if word in known]
        # Nordic words grow together, as kundnummer: a little less sure than the whole word.
        found += [
            index + 0.5
            for index, word in enumerate(known)
            if len(word) >= 4 and any(each.startswith(word) for each in own)
        ]
        return min(found, default=None)

    @cached_property
    def filled(self) -> int:
        """Count the values that are there."""
        return len(self.values) - int(self.values.null_count)

    @cached_property
    def different(self) -> int:
        """Count the different values."""
        return int(pc.count_distinct(self.values).as_py())

    @cached_property
    def present(self) -> pa.Array:
        """The values that are there."""
        return self.values.drop_null()

    @cached_property
    def sort(self) -> str:
        """Say whether it holds text, number or boolean."""
        if self.declared != "text":
            return self.declared
        if not self.filled or not pa.types.is_string(self.values.type):
            return "text"
        words = {text.strip().lower() for text in pc.unique(self.present).to_pylist()[:3]}
        if words <= {"true", "false"}:
            return "boolean"
        if self.words and self.words[-1].endswith("id"):
            return "text"
        is_code = bool(pc.any(pc.match_substring_regex(self.present, "^0[0-9]")).as_py())
        if is_code or self.numbers is None or self._is_grouped_code:
            return "text"
        return "number"

    @property
    def names_a_deal(self) -> bool:
        """Say whether the name tells of what a customer did, as an order, at best."""
        return (self.rank("profile") or 0) >= WORDS["profile"].index("order")

    @property
    def tells_number(self) -> bool:
        """Say whether the name tells that it holds amounts or counts."""
        return any(self.rank(what) is not None for what in ("value", "cost", "count", "score"))

    @property
    def _is_grouped_code(self) -> bool:
        """Say whether it may as well be a number of somebody's, as 987 654 321."""
        if not self.decimal or self.tells_number:
            return False
        has_groups = pc.any(pc.match_substring_regex(self.present, r"\d\s\d")).as_py()
        return (
            bool(has_groups) and not pc.any(pc.match_substring(self.present, self.decimal)).as_py()
        )

    @cached_property
    def holds_addresses(self) -> bool:
        """Say whether its values are e-mail addresses."""
        return self._fits(_ADDRESS)

    @cached_property
    def holds_phones(self) -> bool:
        """Say whether its values may be phone numbers."""
        return self._fits(_PHONE)

    def _fits(self, pattern: str) -> bool:
        if not self.filled:
            return False
        fitting = pc.match_substring_regex(self.present.cast(pa.string()), pattern)
        return bool(pc.mean(fitting.cast(pa.int8())).as_py() >= MOSTLY)

    @cached_property
    def numbers(self) -> NDArray[np.float64] | None:
        """The values as numbers, if all of them are."""
        decimals = {self.name: self.decimal}
        batch = Batch(np.arange(self.filled), {self.name: self.present}, {}, decimals=decimals)
        found = batch.typed(self.name, "number", np.arange(self.filled))
        return None if batch.faults.reasons else np.asarray(found.to_numpy(zero_copy_only=False))

    @cached_property
    def form(self) -> str | None:
        """Give the form of its times: empty for ISO 8601, ``ms`` for milliseconds; none if none."""
        if not self.filled:
            return None
        if pa.types.is_temporal(self.values.type):
            return ""
        if self.sort == "number":
            low, high = np.min(self.numbers), np.max(self.numbers)  # type: ignore[arg-type]
            return "ms" if low > 9e11 and high < 4e12 else None
        if self.sort != "text" or not pa.types.is_string(self.values.type):
            return None
        some = self.present.slice(0, _FEW)
        for form in (None, *FORMS):
            # Where none of the first fits, more than may be wrong already are.
            beginning = some.slice(0, _FIRST)
            if len(read_moments(beginning, Clock(form=form)).reasons) == _FIRST:
                continue
            bad = len(read_moments(some, Clock(form=form)).reasons)
            if bad < len(some) and bad <= max((1 - MOSTLY) * len(some), 1):
                return form or ""
        return None

    @property
    def holds_times_mostly(self) -> bool:
        """Say whether more than half of the first values are times of ISO 8601."""
        if self.sort != "text" or not pa.types.is_string(self.values.type):
            return False
        some = self.present.slice(0, _FEW)
        return len(read_moments(some, Clock()).reasons) < len(some) / 2

    @property
    def may_be_month_first(self) -> bool:
        """Say whether day and month could as well be the other way round."""
        if not (self.form or "").startswith(_DAY_FIRST):
            return False
        other = (self.form or "").replace("%d", "%_").replace("%m", "%d").replace("%_", "%m")
        return not read_moments(self.present.slice(0, _FEW), Clock(form=other)).reasons

    @property
    def has_zone(self) -> bool:
        """Say whether its times tell their own zone."""
        if pa.types.is_timestamp(self.values.type):
            return self.values.type.tz is not None
        ends = pc.match_substring_regex(self.present.cast(pa.string()), r"(Z|[+-]\d\d:?\d\d)$")
        return self.form == "ms" or "%z" in (self.form or "") or bool(pc.all(ends).as_py())

    @property
    def is_currency(self) -> bool:
        """Say whether it holds nothing but codes of currencies."""
        known = pc.unique(self.present).to_pylist()
        return 0 < len(known) < 200 and all(is_currency(str(text)) for text in known)

    @property
    def scale(self) -> str | None:
        """Give the scale of an answer, if the name says that it is one."""
        if self.rank("score") is None or self.sort != "number" or self.numbers is None:
            return None
        low, high = float(np.min(self.numbers)), float(np.max(self.numbers))
        if "nps" in self.words and low >= 0 and high <= 10:
            return "nps"
        if low >= 1 and high <= 5:
            return "stars5"
        return "percent" if low >= 0 and 10 < high <= 100 else None


def best_address(columns: Sequence[Column]) -> Column | None:
    """Give the column of e-mail addresses: by its name, or the only one by its content."""
    holding = [column for column in columns if column.holds_addresses]
    return best(holding, "email") or (holding[0] if len(holding) == 1 else None)


def tells_apart(column: Column, profile: Column) -> bool:
    """Say whether it has about a value for each profile, so that it may name one.

    The address of whoever served many customers doesn't.
    """
    return column.different * 2 > min(profile.different, column.filled)


def best(columns: Sequence[Column], what: str) -> Column | None:
    """Give the column whose name is the surest for something, the first of several."""
    named = [column for column in columns if column.rank(what) is not None and column.filled]
    return min(named, key=lambda column: column.rank(what) or 0, default=None)
