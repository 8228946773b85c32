"""Event patterns found in the record: the set form of the rules that ``journey.patterns`` decides one by one.

A *mark* is a signal that a pattern looks at, of one customer or of one subject (order, flight, invoice). A pattern
*fires* at most once for each occurrence:

nth           the nth mark of a unit, in the order of time; n = 1 is the first time
within        the mark at which n marks lie within so many hours, where the mark before it was not such a one
not_followed  a mark whose deadline passed without a mark of the second filter at or after it and up to the deadline
threshold     a mark whose amount or score is at least, or at most, a value

Marks of one moment are taken in the order of their keys. A signal that both filters select is one of the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

import pyarrow as pa
from sqlglot import exp

from headwater.record.filters import Filter
from headwater.record.questions.question import Known, Question
from headwater.record.views import Words, labelled, literal, period

Kind = Literal["nth", "within", "not_followed", "threshold"]
Per = Literal["customer", "subject"]
Measured = Literal["amount", "score"]
LABELLED = frozenset(["cause", "negative", "moment", "effort", "stage", "sentiment"])
MAX_FIRINGS = 100_000


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is looked for.

    Args:
        kind: see the module.
        first: the signals that count; of ``not_followed`` those that promise.
        second: of ``not_followed``, the signals that keep the promise.
        per: whose marks belong together; signals without a customer, or without a subject, are left out.
        n: of ``nth`` and ``within``.
        hours: of ``within`` and, without ``promised``, of ``not_followed``.
        promised: of ``not_followed``, the attribute of the first signal that holds the deadline: a time in ISO 8601,
            UTC. A signal without a readable one promises nothing.
        measured, at_least, value: of ``threshold``.
    """

    kind: Kind
    first: Filter
    second: Filter | None = None
    per: Per = "customer"
    n: int = 1
    hours: int = 0
    promised: str = ""
    measured: Measured = "amount"
    at_least: bool = True
    value: float = 0.0

    @property
    def reads_labels(self) -> bool:
        """Whether labels or other signals decide what a mark is, so that a signal alone, as it arrives, does not."""
        filters = (self.first,) if self.second is None else (self.first, self.second)
        return any(term.kind == "event" or term.name in LABELLED for one in filters for term in one.terms())

    def reaches_back(self) -> timedelta | None:
        """How far before a firing its marks lie; None: any time."""
        if self.kind == "threshold":
            return timedelta(0)
        if self.kind == "within" or (self.kind == "not_followed" and not self.promised):
            return timedelta(hours=2 * self.hours)
        return None


@dataclass(frozen=True, slots=True)
class Found:
    """One firing: ``at`` is when, ``mark_at`` when the signal behind it occurred (both UTC)."""

    unit: str
    signal_key: int
    at: datetime
    mark_at: datetime
    customer_id: str | None
    subject_id: str | None


@dataclass(frozen=True, slots=True)
class Week:
    """Firings in the week that begins on this Monday (UTC)."""

    week: date
    n: int


@dataclass(frozen=True, slots=True)
class Firings:
    """``total`` firings of ``units`` customers or subjects; ``rows`` are a page of them, newest first."""

    total: int
    units: int
    weeks: tuple[Week, ...]
    rows: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class PatternFirings(Question[Firings]):
    """When a pattern fired, in the days from ``since`` to ``until`` (UTC), as far as is known at ``as_of``."""

    pattern: Pattern
    as_of: datetime
    since: date | None = None
    until: date | None = None
    limit: int = 5
    offset: int = 0

    def days(self) -> tuple[date | None, date | None]:
        """Its marks' labels may lie before its firings."""
        return marks_from(self.pattern, self.since), None

    def query(self, known: Known) -> exp.Select:
        marks = pattern_marks(self.pattern, known, since=marks_from(self.pattern, self.since))
        day = exp.cast(exp.column("at"), exp.DataType.Type.DATE)
        tests: list[exp.Expr] = []
        if self.pattern.kind == "not_followed":
            tests.append(exp.column("at") < literal(self.as_of))
        if self.since is not None:
            tests.append(day.copy() >= literal(self.since))
        if self.until is not None:
            tests.append(day.copy() <= literal(self.until))
        kept = exp.select(*_FOUND, period(day, "week").as_("week")).from_(fired(self.pattern).subquery("f"))
        kept = kept.where(*tests)
        count = exp.Count(this=exp.Star())
        units = exp.Count(this=exp.Distinct(expressions=[exp.column("unit")]))
        nothing = [exp.cast(exp.null(), kind).as_(name) for name, kind in _FOUND_TYPES.items()]
        whole = exp.select(_no_day().as_("week"), count.as_("n"), units.as_("units"), *nothing).from_("firings")
        weeks = exp.select(
            "week", count.copy().as_("n"), exp.cast(exp.null(), "BIGINT").as_("units"), *(one.copy() for one in nothing)
        )
        weeks = weeks.from_("firings").group_by("week")
        page = exp.select("*").from_("firings").order_by(exp.column("at").desc(), exp.column("signal_key").asc())
        page = page.limit(min(max(self.limit, 0), MAX_FIRINGS)).offset(max(self.offset, 0))
        none = exp.cast(exp.null(), "BIGINT")
        rows = exp.select("week", none.as_("n"), none.copy().as_("units"), *_FOUND).from_(page.subquery("p"))
        parts = exp.union(exp.union(whole, weeks, distinct=False), rows, distinct=False)
        query = exp.select("*").from_(parts.subquery("parts"))
        query = query.order_by(exp.column("at").desc(), exp.column("signal_key").asc(), exp.column("week").asc())
        return query.with_("marks", as_=marks).with_("firings", as_=kept)

    def answer(self, rows: pa.Table) -> Firings:
        total = units = 0
        weeks, found = [], []
        for row in rows.to_pylist():
            if row["unit"] is not None:
                found.append(Found(**{name: row[name] for name in _FOUND_TYPES}))
            elif row["week"] is not None:
                weeks.append(Week(row["week"], row["n"]))
            else:
                total, units = row["n"], row["units"]
        return Firings(total, units, tuple(sorted(weeks, key=lambda one: one.week)), tuple(found))


class MarkRow(NamedTuple):
    """A mark: ``is_first`` tells the filters apart; ``deadline`` is of the first, where it promises one. Times are
    microseconds since 1970, UTC. ``is_mark`` is False for a revised signal that passes no filter (any more)."""

    unit: str
    signal_key: int
    at: int
    is_mark: bool
    is_first: bool
    deadline: int | None
    revision: int
    customer_id: str | None
    subject_id: str | None


@dataclass(frozen=True, slots=True)
class PatternMarks(Question[tuple[MarkRow, ...]]):
    """The marks of a pattern, by unit and time.

    Args:
        units: only of these.
        since: only of this day and later.
        ending: only of units whose id ends so (one character), to read a large record in parts.
        revised: also signals that came in another revision than their first, whether they are marks or not.
    """

    pattern: Pattern
    units: tuple[str, ...] | None = None
    since: date | None = None
    ending: str | None = None
    revised: bool = False

    def query(self, known: Known) -> exp.Select:
        marks = pattern_marks(
            self.pattern, known, since=self.since, units=self.units, ending=self.ending, revised=self.revised
        )
        columns = [exp.column(name) for name in MarkRow._fields]
        return exp.select(*columns).from_(marks.subquery("m")).order_by("unit", "at", "signal_key")

    def answer(self, rows: pa.Table) -> tuple[MarkRow, ...]:
        columns = []
        for name in MarkRow._fields:
            column = rows[name]
            if name in ("at", "deadline"):
                column = column.cast(pa.timestamp("us")).cast(pa.int64())
            columns.append(column.to_pylist())
        return tuple(map(MarkRow._make, zip(*columns, strict=True)))


@dataclass(frozen=True, slots=True)
class Endings(Question[Mapping[str, int]]):
    """How many marks there are of units that end in each character."""

    pattern: Pattern
    since: date | None = None

    def query(self, known: Known) -> exp.Select:
        ending = exp.Right(this=exp.column("unit"), expression=exp.Literal.number(1))
        marks = exp.select(ending.as_("ending")).from_(
            pattern_marks(self.pattern, known, since=self.since).subquery("m")
        )
        return exp.select("ending", exp.Count(this=exp.Star()).as_("n")).from_(marks.subquery("e")).group_by("ending")

    def answer(self, rows: pa.Table) -> Mapping[str, int]:
        return {row["ending"]: row["n"] for row in rows.to_pylist()}


_FOUND_TYPES = {
    "unit": exp.DataType.build("VARCHAR"),
    "signal_key": exp.DataType.build("BIGINT"),
    "at": exp.DataType.build("TIMESTAMP", dialect="duckdb"),
    "mark_at": exp.DataType.build("TIMESTAMP", dialect="duckdb"),
    "customer_id": exp.DataType.build("VARCHAR"),
    "subject_id": exp.DataType.build("VARCHAR"),
}
_FOUND = tuple(_FOUND_TYPES)


def marks_from(pattern: Pattern, since: date | None) -> date | None:
    """The first day whose signals matter to firings since a day; two days more, because days are the company's own."""
    if since is None or (back := pattern.reaches_back()) is None or since - date.min <= back + timedelta(days=2):
        return None
    return since - back - timedelta(days=2)


def pattern_marks(
    pattern: Pattern,
    known: Known,
    *,
    since: date | None = None,
    units: Sequence[str] | None = None,
    ending: str | None = None,
    revised: bool = False,
) -> exp.Select:
    """The marks, with everything that a ``MarkRow`` has."""
    words = Words(known.columns)
    # A bare test is made while a file is read.
    is_mark = first_test(pattern, words)
    is_first = _sure(is_mark)
    if pattern.second is not None:
        is_mark = exp.or_(is_mark, words.condition(pattern.second))
    deadline: exp.Expr = exp.cast(exp.null(), _FOUND_TYPES["at"])
    if pattern.kind == "not_followed":
        deadline = exp.case().when(is_first.copy(), deadline_of(pattern.hours, pattern.promised, words))
    revision = exp.column("revision", "s")
    chosen = exp.or_(is_mark, revision > exp.Literal.number(1)) if revised else is_mark
    made = (
        (_sure(is_mark) if revised else exp.true()).as_("is_mark"),
        (is_first.copy() if revised or pattern.second is not None else exp.true()).as_("is_first"),
        deadline.as_("deadline"),
        revision.copy().as_("revision"),
    )
    return signal_marks(known, pattern.per, chosen, *made, since=since, units=units, ending=ending)


def signal_marks(
    known: Known,
    per: Per,
    chosen: exp.Expr,
    *made: exp.Expr,
    since: date | None = None,
    units: Sequence[str] | None = None,
    ending: str | None = None,
) -> exp.Select:
    """Signals that pass a test, with their unit and time, and what is made of them."""
    unit: exp.Expr = exp.column(f"{per}_id", "s")
    merges = per == "customer" and bool(known.merged)
    if merges:
        unit = exp.func("coalesce", exp.column("merged_into", "c"), unit)
    at = exp.column("occurred_at", "s")
    tests = [chosen, exp.not_(unit.copy().is_(exp.null())), exp.not_(at.is_(exp.null()))]
    if since is not None:
        tests.append(exp.column("local_date", "s") >= literal(since))
    if units is not None:
        named: list[exp.Expr] = [exp.Literal.string(one) for one in units]
        tests.append(unit.copy().isin(*(named or [exp.null()])))
    if ending is not None:
        last = exp.Right(this=unit.copy(), expression=exp.Literal.number(1))
        tests.append(last.eq(exp.Literal.string(ending)))
    columns = [exp.column(name, "s") for name in ("signal_key", "customer_id", "subject_id")]
    query = labelled(exp.select(unit.as_("unit"), at.as_("at"), *columns, *made).where(*tests))
    if merges:
        same = exp.column("customer_id", "s").eq(exp.column("customer_id", "c"))
        query = query.join("customers as c", on=same, join_type="left")
    return query


def first_test(pattern: Pattern, words: Words) -> exp.Condition:
    """Whether a signal is a mark of the first filter."""
    test = words.condition(pattern.first)
    if pattern.kind != "threshold":
        return test
    side = exp.GTE if pattern.at_least else exp.LTE
    return exp.and_(test, side(this=exp.column(pattern.measured, "s"), expression=literal(pattern.value)))


def deadline_of(hours: int, promised: str, words: Words) -> exp.Expr:
    """When a promise falls due: hours after it, or at the time that it names; null where that lies before it."""
    at = exp.column("occurred_at", "s")
    if not promised:
        return exp.Add(this=at, expression=hours_long(hours))
    text = words.attribute(promised)
    named = exp.TryCast(this=text, to=_FOUND_TYPES["at"], safe=True)
    # Engines differ in what they make of an offset, so a time with one counts as unreadable.
    offset = exp.RegexpLike(this=text.copy(), expression=exp.Literal.string("[+-][0-9]{2}:?[0-9]{2}$"))
    return exp.case().when(exp.and_(exp.not_(offset), named.copy() >= at), named)


def hours_long(hours: int) -> exp.Interval:
    return exp.Interval(this=exp.Literal.string(str(hours)), unit=exp.var("HOUR"))


def fired(pattern: Pattern) -> exp.Select:
    """The firings among the relation ``marks``."""
    if pattern.kind == "threshold":
        return exp.select(
            "unit", "signal_key", "at", exp.column("at").as_("mark_at"), "customer_id", "subject_id"
        ).from_("marks")
    inner = exp.select("*").from_("marks")
    if pattern.n > 1 and pattern.kind != "not_followed":  # ordering the marks of those with fewer would be in vain
        many = exp.Count(this=exp.Star()) >= exp.Literal.number(pattern.n)
        units = exp.select("unit").from_("marks").group_by("unit").having(many)
        inner = inner.where(exp.column("unit").isin(query=units))
    if pattern.kind == "nth":
        number = exp.Window(this=exp.RowNumber(), **_in_order())
        ranked = inner.select(number.as_("place"))
        test: exp.Expr = exp.column("place").eq(exp.Literal.number(pattern.n))
    elif pattern.kind == "within":
        ranked = inner.select(*(_before(steps).as_(name) for steps, name in _steps(pattern.n)))
        test = _gathered(pattern)
    else:
        following = exp.case().when(exp.not_(exp.column("is_first")), exp.column("at"))
        ranked = inner.select(next_of(following).as_("followed_at"))
        late = exp.or_(exp.column("followed_at").is_(exp.null()), exp.column("followed_at") > exp.column("deadline"))
        test = exp.and_(exp.column("is_first"), exp.not_(exp.column("deadline").is_(exp.null())), late)
    at = exp.column("deadline" if pattern.kind == "not_followed" else "at")
    columns: list[exp.Expr] = [exp.column(name) for name in ("unit", "signal_key")]
    columns += [at.as_("at"), exp.column("at").as_("mark_at")]
    columns += [exp.column(name) for name in ("customer_id", "subject_id")]
    return exp.select(*columns).from_(ranked.subquery("r")).where(test)


def next_of(value: exp.Expr) -> exp.Expr:
    """The earliest value among the marks of a unit at the same time or later."""
    frame = exp.WindowSpec(kind="RANGE", start="CURRENT ROW", start_side=None, end="UNBOUNDED", end_side="FOLLOWING")
    return exp.Window(this=exp.func("min", value), **_in_order(keys=False), spec=frame)


def _gathered(pattern: Pattern) -> exp.Expr:
    """Whether n marks lie within the hours at this mark and did not at the one before."""
    now = exp.column("first_of_n") >= exp.Sub(this=exp.column("at"), expression=hours_long(pattern.hours))
    already = exp.column("first_of_n_before") >= exp.Sub(
        this=exp.column("mark_before"), expression=hours_long(pattern.hours)
    )
    return exp.and_(now, exp.not_(exp.paren(exp.func("coalesce", already, exp.false()))))


def _steps(n: int) -> tuple[tuple[int, str], ...]:
    return (n - 1, "first_of_n"), (1, "mark_before"), (n, "first_of_n_before")


def _before(steps: int) -> exp.Expr:
    return exp.Window(this=exp.Lag(this=exp.column("at"), offset=exp.Literal.number(steps)), **_in_order())


def _in_order(*, keys: bool = True) -> dict[str, object]:
    ordered = [exp.Ordered(this=exp.column("at"), desc=False, nulls_first=False)]
    if keys:
        ordered.append(exp.Ordered(this=exp.column("signal_key"), desc=False, nulls_first=False))
    return {"partition_by": [exp.column("unit")], "order": exp.Order(expressions=ordered)}


def _sure(test: exp.Condition) -> exp.Condition:
    return exp.func("coalesce", test, exp.false())


def _no_day() -> exp.Expr:
    return exp.cast(exp.null(), exp.DataType.Type.DATE)
