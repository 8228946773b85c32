"""What finance's figures and definitions may be: pure functions from what was written to what is kept."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from headwater.base.refusals import Refused

Key = Literal["cost_per_contact", "margin", "discount", "horizon", "active", "lost", "referral"]
Basis = Literal["customer_year", "order"]
AMOUNTS: Final[tuple[Key, ...]] = ("cost_per_contact", "margin", "discount", "horizon")
DEFINITIONS: Final[tuple[Key, ...]] = ("active", "lost", "referral")
KEYS: Final[tuple[Key, ...]] = (*AMOUNTS, *DEFINITIONS)
NAMES: Final[Mapping[Key, Any]] = {
    "cost_per_contact": gettext_lazy("Cost per contact"),
    "margin": gettext_lazy("Margin"),
    "discount": gettext_lazy("Discount rate a year"),
    "horizon": gettext_lazy("Horizon in years"),
    "active": gettext_lazy("An active customer"),
    "lost": gettext_lazy("A lost customer"),
    "referral": gettext_lazy("A referral"),
}
LIMITS: Final[Mapping[Key, tuple[float, float]]] = {
    "cost_per_contact": (0.0, 1e6),
    "margin": (0.0, 1e9),
    "discount": (0.0, 1.0),
    "horizon": (0.1, 30.0),
}
BASES: Final[tuple[Basis, ...]] = ("customer_year", "order")
MOST_DAYS: Final = 1_830
MOST_EVENTS: Final = 20
EVENT: Final = re.compile(r"[\w .:/-]{1,80}")


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure in its own unit (money, a share in 0…1, years) and the ends between which finance is sure it lies.

    ``basis`` says what a margin is of: a customer in a year, or an order.
    """

    value: float
    low: float
    high: float
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """Events and days: *active* had one of the events within the days; *lost* had no activity for the days, or one
    of these events (such as notice given); a *referral* is one of the events, its days do not count."""

    events: tuple[str, ...]
    days: int = 0


Content = Amount | Definition


def content_of(key: Key, given: Mapping[str, Any]) -> Content:
    """What was written about ``key``; refuses what cannot be, naming the field and the value."""
    return _amount(key, given) if key in AMOUNTS else _definition(key, given)


def stored(content: Content) -> dict[str, Any]:
    """The content as it is kept; :func:`content_of` reads it again."""
    return asdict(content) | ({"events": list(content.events)} if isinstance(content, Definition) else {})


def check_together(active: Definition | None, lost: Definition | None) -> None:
    """Refuse definitions by which a customer could be active and lost at once."""
    if active and lost and lost.days < active.days:
        message = _(
            "A customer would be lost after %(lost)s days and still active until %(active)s. "
            "Let the days until lost be as many or more."
        )
        raise Refused("finance.contradiction", message % {"lost": lost.days, "active": active.days}, "days")


def _amount(key: Key, given: Mapping[str, Any]) -> Amount:
    value, low, high = (_number(key, name, given.get(name)) for name in ("value", "low", "high"))
    if not low <= value <= high:
        message = _("The figure %(value)s does not lie between its ends, %(low)s and %(high)s.")
        raise Refused("finance.order", message % {"value": value, "low": low, "high": high}, "value")
    basis = str(given.get("basis") or "")
    if key == "margin" and basis not in BASES:
        message = _("“%(basis)s” is no basis of a margin. Choose %(bases)s.")
        raise Refused("finance.basis", message % {"basis": basis[:40], "bases": ", ".join(BASES)}, "basis")
    return Amount(value, low, high, basis if key == "margin" else "")


def _number(key: Key, name: str, given: object) -> float:
    least, most = LIMITS[key]
    try:
        read = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        read = math.nan
    if not least <= read <= most:
        message = _("“%(value)s” cannot be: write a number from %(least)s to %(most)s.")
        values = {"value": str(given)[:40], "least": f"{least:g}", "most": f"{most:,.0f}"}
        raise Refused("finance.number", message % values, name)
    return read


def _definition(key: Key, given: Mapping[str, Any]) -> Definition:
    events = _events(given.get("events") or ())
    if not events and key != "lost":
        raise Refused("finance.no_event", _("Name at least one event that shows it, such as order_placed."), "events")
    if key == "referral":
        return Definition(events)
    try:
        days = int(given.get("days") or 0)
    except (TypeError, ValueError):
        days = 0
    if not 1 <= days <= MOST_DAYS:
        message = _("“%(days)s” cannot be: write whole days from 1 to %(most)s.")
        raise Refused("finance.days", message % {"days": str(given.get("days"))[:20], "most": MOST_DAYS}, "days")
    return Definition(events, days)


def _events(given: Sequence[str]) -> tuple[str, ...]:
    events = tuple(dict.fromkeys(str(one).strip() for one in given if str(one).strip()))
    if len(events) > MOST_EVENTS:
        raise Refused("finance.many_events", _("At most %d events can be named.") % MOST_EVENTS, "events")
    for one in events:
        if not EVENT.fullmatch(one):
            message = _("“%s” is no name of an event: letters, digits, spaces and . : / - _ only.")
            raise Refused("finance.event", message % one[:40], "events")
    return events
