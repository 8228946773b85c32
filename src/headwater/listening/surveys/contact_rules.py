"""Whether a customer may be asked now: one pure rule for every survey and channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol
from uuid import UUID

QUARTER: Final = timedelta(days=91)
"""Any thirteen weeks, not those of the calendar: at the turn of a quarter nobody may be asked twice as often."""

Reason = Literal["do_not_ask", "resting", "quarter_full", "reminded_enough", "too_soon", "not_asked", "undeliverable"]


class Limits(Protocol):
    """How often somebody may be asked; the table ``ContactLimits`` is one.

    ``rest_days`` lie at least between the last message of any survey and the next asking; ``most_a_quarter`` askings
    fall into any thirteen weeks; to one asking at most ``most_reminders`` are sent, at least ``reminder_days`` after
    any other message.
    """

    @property
    def rest_days(self) -> int: ...
    @property
    def most_a_quarter(self) -> int: ...
    @property
    def reminder_days(self) -> int: ...
    @property
    def most_reminders(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Message:
    """That a customer was asked, or reminded of the asking with the same id."""

    asking: UUID
    at: datetime
    is_reminder: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """The customer may be asked."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The customer may not be asked. ``until``: when that may be otherwise; None where time changes nothing."""

    reason: Reason
    until: datetime | None = None


def may_ask(
    limits: Limits, contacts: Iterable[Message], now: datetime, do_not_ask: bool, *, remind: UUID | None = None
) -> Allowed | Denied:
    """Decide whether a customer may be asked at ``now``, or reminded of the asking ``remind``.

    ``contacts`` are all messages to this customer that could matter, in any order, those that are already arranged for
    later among them. The rule is the same the other way round: what it allows breaks no limit for any of them either.
    """
    if do_not_ask:
        return Denied("do_not_ask")
    known = sorted(contacts, key=lambda one: one.at)
    return _may_remind(limits, known, now, remind) if remind is not None else _may_ask_anew(limits, known, now)


def _may_ask_anew(limits: Limits, known: list[Message], now: datetime) -> Allowed | Denied:
    rest = timedelta(days=limits.rest_days)
    after_reminder = max(rest, timedelta(days=limits.reminder_days))
    apart = [(one.at, after_reminder if one.is_reminder else rest) for one in known]
    near = [moment + pause for moment, pause in apart if abs(moment - now) < pause]
    if near:
        return Denied("resting", max(near))
    asked = [one.at for one in known if not one.is_reminder]
    most = limits.most_a_quarter
    if not most:
        return Denied("quarter_full")
    together = sorted([*asked, now])
    for place in range(len(together) - most):
        first, last = together[place], together[place + most]
        if last - first < QUARTER and first <= now <= last:
            return Denied("quarter_full", together[place + 1 if first == now else place] + QUARTER)
    return Allowed()


def _may_remind(limits: Limits, known: list[Message], now: datetime, asking: UUID) -> Allowed | Denied:
    mine = [one for one in known if one.asking == asking]
    if not any(not one.is_reminder and one.at <= now for one in mine):
        return Denied("not_asked")
    if sum(one.is_reminder for one in mine) >= limits.most_reminders:
        return Denied("reminded_enough")
    apart = timedelta(days=limits.reminder_days)
    near = [one.at for one in known if abs(one.at - now) < apart]
    if near:
        return Denied("too_soon", max(near) + apart)
    rest = timedelta(days=limits.rest_days)
    later = [one.at for one in known if not one.is_reminder and now < one.at < now + rest]
    return Denied("resting", max(later) + rest) if later else Allowed()
