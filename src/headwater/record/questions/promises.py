"""Promises and receipts: a signal that promises something, and whether another kept it in time.

A promise is *due* when its deadline has passed and nothing called it off before; it is *kept* when a receipt of the
same customer or subject occurred at or after it and up to the deadline. A signal that several filters select counts
for the first of them: promise, receipt, called off, told.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.patterns import LABELLED, Per, deadline_of, next_of, signal_marks
from headwater.record.questions.question import Known, Question
from headwater.record.views import Words, literal, period

MAX_BREACHES = 1_000
PROMISE, RECEIPT, CALLED_OFF, TOLD = range(4)


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised, and what keeps it.

    Args:
        promise, receipt: the signals that give it and that keep it.
        hours: how long after the promise it falls due; or else
        promised: the attribute of the promise that holds the deadline: a time in ISO 8601, UTC.
        called_off: signals that end the promise when they come before its deadline.
        told: signals by which the customer was told.
        per: whose signals belong together.
    """

    promise: Filter
    receipt: Filter
    hours: int = 0
    promised: str = ""
    called_off: Filter | None = None
    told: Filter | None = None
    per: Per = "subject"

    @property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(one for one in (self.promise, self.receipt, self.called_off, self.told) if one is not None)

    @property
    def reads_labels(self) -> bool:
        return any(term.kind == "event" or term.name in LABELLED for one in self.filters for term in one.terms())


@dataclass(frozen=True, slots=True)
class KeptRow:
    """Promises that fell due in a month (its first day, UTC), of the customers of one bucket."""

    month: date
    bucket: int
    due: int
    kept: int


@dataclass(frozen=True, slots=True)
class Kept(Question[tuple[KeptRow, ...]]):
    """How many promises fell due from ``since`` to ``until`` (UTC days of their deadlines) and how many were kept."""

    promise: Promise
    as_of: datetime
    since: date | None = None
    until: date | None = None

    def days(self) -> tuple[date | None, date | None]:
        return None, None

    def query(self, known: Known) -> exp.Select:
        month = period(exp.cast(exp.column("deadline"), exp.DataType.Type.DATE), "month")
        kept = exp.func("count", exp.case().when(_is_kept(), exp.Literal.number(1)))
        due = _due(self.promise, known, self.as_of, self.since, self.until)
        named = exp.select(month.as_("month"), "bucket", "deadline", "received_at").from_(due.subquery("d"))
        return (
            exp.select("month", "bucket", exp.Count(this=exp.Star()).as_("due"), kept.as_("kept"))
            .from_(named.subquery("m"))
            .group_by("month", "bucket")
            .order_by("month", "bucket")
        )

    def answer(self, rows: pa.Table) -> tuple[KeptRow, ...]:
        return tuple(KeptRow(**row) for row in rows.to_pylist())


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that was not kept in time. ``received_at``: when the receipt came after all; ``told_at``: when the
    customer was told, at or after the promise. All times UTC."""

    signal_key: int
    unit: str
    customer_id: str | None
    subject_id: str | None
    promised_at: datetime
    deadline: datetime
    received_at: datetime | None
    told_at: datetime | None


@dataclass(frozen=True, slots=True)
class BreachPage:
    """``open`` of all ``total`` breaches still wait; ``rows`` are those first, the longest overdue first."""

    total: int
    open: int
    rows: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class Breaches(Question[BreachPage]):
    """Promises broken at ``as_of`` whose deadline lies in the days from ``since`` on (UTC)."""

    promise: Promise
    as_of: datetime
    since: date | None = None
    limit: int = 50
    offset: int = 0

    def days(self) -> tuple[date | None, date | None]:
        return None, None

    def query(self, known: Known) -> exp.Select:
        due = _due(self.promise, known, self.as_of, self.since, None)
        came = exp.case().when(exp.column("received_at") <= literal(self.as_of), exp.column("received_at"))
        names = ("signal_key", "unit", "customer_id", "subject_id", "promised_at", "deadline", "told_at")
        broken = exp.select(*names, came.as_("received_at")).from_(due.subquery("d"))
        broken = broken.where(exp.not_(exp.paren(exp.func("coalesce", _is_kept(), exp.false()))))
        waits = exp.case().when(exp.column("received_at").is_(exp.null()), exp.Literal.number(1))
        every = exp.Window(this=exp.Count(this=exp.Star()))
        query = exp.select(*names, "received_at", every.as_("total"))
        query = query.select(exp.Window(this=exp.func("count", waits)).as_("open")).from_(broken.subquery("b"))
        first = exp.case().when(exp.column("received_at").is_(exp.null()), exp.Literal.number(0))
        order = (first.else_(exp.Literal.number(1)).asc(), exp.column("deadline").asc(), exp.column("signal_key").asc())
        return query.order_by(*order).limit(min(max(self.limit, 1), MAX_BREACHES)).offset(max(self.offset, 0))

    def answer(self, rows: pa.Table) -> BreachPage:
        found = rows.to_pylist()
        if not found:
            return BreachPage(0, 0, ())
        names = Breach.__slots__
        return BreachPage(
            found[0]["total"], found[0]["open"], tuple(Breach(**{name: row[name] for name in names}) for row in found)
        )


def _due(promise: Promise, known: Known, as_of: datetime, since: date | None, until: date | None) -> exp.Select:
    """Promises that are due, with the first receipt, and the first telling, at or after each."""
    roles = exp.column("role")
    times = {
        "received_at": RECEIPT,
        "called_off_at": CALLED_OFF,
        "told_at": TOLD,
    }
    after = [
        next_of(exp.case().when(roles.copy().eq(exp.Literal.number(role)), exp.column("at"))).as_(name)
        for name, role in times.items()
    ]
    followed = exp.select("*", *after).from_(_marks(promise, known, since).subquery("m"))
    deadline, off = exp.column("deadline"), exp.column("called_off_at")
    tests = [
        roles.copy().eq(exp.Literal.number(PROMISE)),
        deadline < literal(as_of),
        exp.or_(off.is_(exp.null()), off.copy() > deadline.copy()),
    ]
    day = exp.cast(deadline.copy(), exp.DataType.Type.DATE)
    if since is not None:
        tests.append(day >= literal(since))
    if until is not None:
        tests.append(day.copy() <= literal(until))
    names = ("signal_key", "unit", "customer_id", "subject_id", "bucket", "deadline", "received_at", "told_at")
    return exp.select(*names, exp.column("at").as_("promised_at")).from_(followed.subquery("f")).where(*tests)


def _marks(promise: Promise, known: Known, since: date | None) -> exp.Select:
    words = Words(known.columns)
    role = exp.case()
    tests = []
    given = (promise.promise, promise.receipt, promise.called_off, promise.told)
    for number, one in enumerate(given):
        if one is not None:
            role = role.when(words.condition(one), exp.Literal.number(number))
            tests.append(words.condition(one))
    is_promise = words.condition(promise.promise)
    deadline = exp.case().when(is_promise, deadline_of(promise.hours, promise.promised, words))
    first, back = None, timedelta(hours=promise.hours) + timedelta(days=2)
    if since is not None and not promise.promised and since - date.min > back:
        first = since - back
    bucket = exp.column("customer_bucket", "s").as_("bucket")
    return signal_marks(
        known, promise.per, exp.or_(*tests), role.as_("role"), deadline.as_("deadline"), bucket, since=first
    )


def _is_kept() -> exp.Condition:
    return exp.column("received_at") <= exp.column("deadline")
