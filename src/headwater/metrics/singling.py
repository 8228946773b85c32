"""Which attributes single out: one customer by their values, or one colleague by their names.

An order number, an e-mail address or a name has nearly as many values as there are customers: a figure by it, or
filtered to one value of it, is a figure of one person. The record shows which attributes are like that, whatever they
are called.
"""

import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from headwater.base.models import Person
from headwater.base.paths import home
from headwater.metrics.store import company_record
from headwater.record.questions import AttributeSpread, FieldValues, Spread

SEGMENTS: Final = 30
"""An attribute of so few values is a segment, however few customers there are yet."""
CUSTOMERS_OF_A_VALUE: Final = 5.0
"""With fewer customers to a value on average, its values are people rather than segments."""
COLLEAGUE_WORDS: Final = frozenset([
    "agent", "agents", "employee", "employees", "advisor", "adviser", "rep", "representative", "clerk", "cashier",
    "technician", "assignee", "handler", "staffer", "teller", "csr",
])  # fmt: skip
"""A name made of one of these, and perhaps of what is said about it, names a colleague."""
ABOUT: Final = frozenset([
    "id", "ids", "name", "email", "mail", "number", "no", "code", "key", "login", "user", "username", "full", "first",
    "last",
])  # fmt: skip
AGENT: Final = "agent"
MOST_COLLEAGUES: Final = 2_000
LOOKED_AT: Final = 50
STANDS_FOR: Final = 600.0
"""Seconds that a judgement of an attribute is kept: new values seldom turn a segment into names."""

SinglesOut = Literal["customer", "colleague"]


@dataclass(frozen=True, slots=True)
class _Judged:
    singles_out: SinglesOut | None
    until: float


_kept: dict[tuple[Path, str], _Judged] = {}


def names_colleague(attribute: str) -> bool:
    """Whether an attribute's name says that it names a colleague: ``agent``, ``Agent-ID``, ``rep_name``."""
    words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", attribute).lower())
    return bool(words) and bool(COLLEAGUE_WORDS & set(words)) and set(words) <= COLLEAGUE_WORDS | ABOUT


def holds_colleagues(values: Collection[str], colleagues: Collection[str]) -> bool:
    """Whether at least half of an attribute's values are names or addresses of colleagues."""
    known = {one.casefold() for one in colleagues}
    return bool(values) and 2 * sum(value.casefold() in known for value in values) >= len(values)


def singles_out_customers(spread: Spread) -> bool:
    """Whether the values of an attribute are people rather than segments: many of them, with hardly more customers."""
    return spread.values > SEGMENTS and spread.customers < CUSTOMERS_OF_A_VALUE * spread.values


def singled_out(attribute: str) -> SinglesOut | None:
    """Whom an attribute of the record singles out, or nobody; a judgement stands for some minutes."""
    if names_colleague(attribute):
        return "colleague"
    key = (home(), attribute)
    kept = _kept.get(key)
    if kept is None or kept.until < time.monotonic():
        kept = _Judged(_judged(attribute), time.monotonic() + STANDS_FOR)
        if len(_kept) > MOST_COLLEAGUES:
            _kept.clear()
        _kept[key] = kept
    return kept.singles_out


def forget() -> None:
    """Judge every attribute anew: the record is another one."""
    _kept.clear()


def _judged(attribute: str) -> SinglesOut | None:
    record = company_record()
    rows = record.ask(FieldValues(f"attribute:{attribute}", max(SEGMENTS, LOOKED_AT) + 1))
    values = [row.value for row in rows if row.value]
    if not values:
        return None
    if holds_colleagues(values[:LOOKED_AT], _colleagues()):
        return "colleague"
    if len(values) <= SEGMENTS:
        return None
    return "customer" if singles_out_customers(record.ask(AttributeSpread(attribute))) else None


def _colleagues() -> list[str]:
    """The names under which colleagues stand in the data, and the names and addresses of their accounts."""
    agents = company_record().ask(FieldValues(f"attribute:{AGENT}", MOST_COLLEAGUES))
    people = Person.objects.values_list("email", "name")[:MOST_COLLEAGUES]
    return [*(row.value for row in agents if row.value), *(one for pair in people for one in pair if one)]
