"""Customers' words: a page of them, one of them, and whose words a person may read."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from headwater.base.departments import departments_of
from headwater.base.models import Department, Person
from headwater.base.permissions import NotAllowed, allows, require, widest_scope
from headwater.base.refusals import NotFound
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.listening.personal import looks
from headwater.listening.pipeline.steps import AGENTS
from headwater.metrics.store import company_record
from headwater.record.filters import Filter, parse
from headwater.record.questions import Signal, SignalRow, Timeline, Verbatims
from headwater.record.questions.signals import Order

PAGE_SIZE = 25
FAR_ENOUGH = 10_000


@dataclass(frozen=True, slots=True)
class VerbatimPage:
    """One page of customers' words, and whether there are more after them."""

    rows: tuple[Signal, ...]
    number: int
    has_next: bool

    @property
    def next(self) -> int:
        return self.number + 1

    @property
    def previous(self) -> int:
        return self.number - 1


def verbatim_page(
    person: Person | None,
    selection: Selection,
    *,
    cause: str = "",
    stage: str = "",
    negative: bool = False,
    order: Order = "newest",
    number: int = 1,
    size: int = PAGE_SIZE,
) -> VerbatimPage:
    """Return one page of the words this person may read, in this selection."""
    number = min(max(number, 1), FAR_ENOUGH)
    question = Verbatims(
        where=visible(person, selection),
        since=selection.since,
        until=selection.until,
        cause=cause or None,
        stage=stage or None,
        negative=True if negative else None,
        order=order,
        limit=size,
        offset=(number - 1) * size,
    )
    answer = company_record().ask(question)
    return VerbatimPage(as_allowed(person, answer.rows), number, answer.more)


def one_verbatim(person: Person | None, signal_key: int) -> Signal:
    """Return one signal with its labels; refuses (404) one that is not there or that this person may not read."""
    row = company_record().ask(SignalRow(signal_key))
    if row is None or not readable(person, [row]):
        raise NotFound("signal_unknown", _("There is no signal %s, or it is not for you to read.") % signal_key)
    return as_allowed(person, [row])[0]


def timeline(person: Person | None, customer_id: str) -> tuple[Signal, ...]:
    """Return all that one customer said and lived through, newest first."""
    require(person, "view", "customers")
    rows: tuple[Signal, ...] = company_record().ask(Timeline(customer_id)).rows
    if not rows:
        raise NotFound("customer_unknown", _("There is no customer “%s” in the record.") % customer_id[:100])
    return as_allowed(person, rows)


def as_allowed(person: Person | None, rows: Iterable[Signal]) -> tuple[Signal, ...]:
    """These signals, which the person may read, without what the source says beside the words, or without colleagues'
    names, where the person's role does not see them."""
    attributes = allows(person, "view", "attributes", words_of="department")
    agents = allows(person, "view", "agents", words_of="department")
    if attributes and agents:
        return tuple(rows)
    return tuple(
        replace(
            row,
            attributes={
                name: value for name, value in row.attributes.items() if (agents if name in AGENTS else attributes)
            },
        )
        for row in rows
    )


def note_look(person: Person | None, way: looks.Way, rows: Iterable[Signal]) -> None:
    """Write down that a person is shown these words, and whose they are."""
    said = [row for row in rows if row.text]
    looks.note(person, way, (row.customer_id for row in said), len(said))


def causes_open_to(person: Person | None) -> frozenset[str] | None:
    """The causes whose words this person may read: None for all, those of their departments for a manager."""
    scope = widest_scope(person, "view", "verbatims")
    if scope == "company":
        return None
    if scope is None or person is None:
        return frozenset()
    return causes_of_departments(person)


def causes_of_departments(person: Person) -> frozenset[str]:
    """The causes that this person's departments can change."""
    names = {name for row in Department.objects.filter(pk__in=departments_of(person)) for name in row.pack_departments}
    return frozenset(cause.id for cause in taxonomy().causes if names & set(cause.departments))


def readable(person: Person | None, rows: Iterable[Signal]) -> tuple[Signal, ...]:
    """Of these signals those that this person may read."""
    open_causes = causes_open_to(person)
    return tuple(row for row in rows if open_causes is None or open_causes & set(row.causes))


def visible(person: Person | None, selection: Selection) -> Filter | None:
    """Return the filter of the words in this selection that this person may read; refuses who may read none."""
    open_causes = causes_open_to(person)
    if open_causes is None:
        return selection.filter()
    if not open_causes:
        message = _(
            "You see the words about what your departments can change, and none is yours yet. Ask an administrator."
        )
        raise NotAllowed("no_department", message)
    listed = ", ".join(f"'{cause}'" for cause in sorted(open_causes))
    return parse(selection.with_where(f"cause in ({listed})").where)
