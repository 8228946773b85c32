"""Reliability of the moments: how often what should happen did, today's breaches, hand-offs kept and broken.

Three methods, one figure (went right ÷ happened):

kept    a promise (signal) and the receipt that keeps it in time, from the record
right   signals that say it happened, and which of them went right, from the record
series  days with counts that someone imported
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field, TypeAdapter

from headwater.base.refusals import Refused
from headwater.journey.documents import checked
from headwater.journey.models import SeriesPoint, Standard
from headwater.metrics.store import company_record
from headwater.record.filters import Filter, FilterError, every, parse
from headwater.record.questions import Breaches, Kept, Promise, Span, Sums
from headwater.record.questions.promises import Breach
from headwater.science import NoVerdict, Result, clustered_mean, proportion

QUIET_DAYS = 7
"""A record whose last signal is older than this is read as of that signal: what came after it, nobody knows."""
BREACH_DAYS = 30
MAX_HOURS = 24 * 366
Expression = Annotated[str, Field(max_length=4_000)]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a standard counts, as a person wrote it: the document of ``Standard.definition``."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    promise: Expression = ""
    receipt: Expression = ""
    hours: Annotated[int, Field(ge=0, le=MAX_HOURS)] = 0
    promised: Annotated[str, Field(max_length=100)] = ""
    called_off: Expression = ""
    told: Expression = ""
    per: Literal["customer", "subject"] = "subject"
    happened: Expression = ""
    right: Expression = ""

    def filters(self) -> dict[str, Filter]:
        """The expressions that are given. Raises ``Refused`` at the first that cannot be read."""
        names = ("promise", "receipt", "called_off", "told", "happened", "right")
        return {name: read_filter(getattr(self, name), name) for name in names if getattr(self, name)}

    def promise_of(self) -> Promise:
        """The question's form of it. Raises ``Refused`` where something is missing."""
        given = self.filters()
        for name in ("promise", "receipt"):
            if name not in given:
                raise Refused("standard.incomplete", _("Say which signals are the %s.") % name, name)
        if not self.hours and not self.promised:
            raise Refused(
                "standard.no_deadline",
                _("Say within how many hours, or which attribute of the promise holds the time promised."),
                "hours",
            )
        return Promise(
            given["promise"],
            given["receipt"],
            self.hours,
            self.promised,
            given.get("called_off"),
            given.get("told"),
            self.per,
        )


_DEFINITION = TypeAdapter(Definition)


def read_definition(content: Mapping[str, Any]) -> Definition:
    """The definition that a document holds; refuses what is wrong with its place."""
    return checked(_DEFINITION, dict(content), "standard.invalid")


def written(definition: Definition) -> dict[str, Any]:
    """The document of a definition, without what equals its default."""
    empty = asdict(Definition())
    return {name: value for name, value in asdict(definition).items() if value != empty[name]}


def read_filter(text: str, field: str) -> Filter:
    """A filter that a person wrote; a refusal says where it is wrong."""
    try:
        return parse(text)
    except FilterError as error:
        raise Refused("filter", str(error), field) from error


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something was due and how often it went right; by customer bucket where that is known."""

    due: int = 0
    kept: int = 0
    buckets: tuple[tuple[int, int, int], ...] | None = ()
    """(bucket, due, kept); None where the customers behind the counts are not known."""

    def __add__(self, other: Counts) -> Counts:
        if self.buckets is None or other.buckets is None:
            return Counts(self.due + other.due, self.kept + other.kept, None)
        sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for bucket, due, kept in (*self.buckets, *other.buckets):
            sums[bucket][0] += due
            sums[bucket][1] += kept
        merged = tuple((bucket, *sums[bucket]) for bucket in sorted(sums))
        return Counts(self.due + other.due, self.kept + other.kept, merged)  # type: ignore[arg-type]

    @property
    def broken(self) -> int:
        return self.due - self.kept

    def result(self) -> Result:
        """The share that went right, 0…1: clustered by customer bucket where the record counts, Wilson for series."""
        if not self.due:
            return NoVerdict("nothing_due", _("Nothing was due in this time."))
        if self.buckets is None:
            return proportion(self.kept, self.due)
        due = [row[1] for row in self.buckets]
        return clustered_mean([row[2] for row in self.buckets], due, limits=(0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Month:
    """A month (its first day) of a standard."""

    month: date
    counts: Counts

    @property
    def result(self) -> Result:
        return self.counts.result()


@dataclass(frozen=True, slots=True)
class Reading:
    """One standard between two days: all, by month, and of a series by department."""

    standard: Standard
    counts: Counts
    months: tuple[Month, ...]
    departments: Mapping[str, Counts]

    @property
    def result(self) -> Result:
        return self.counts.result()


@dataclass(frozen=True, slots=True)
class ReliabilityAnswer:
    """The reliability of a moment: ``kept`` of ``due``, with its interval, and the same by contributing department.

    A standard that several departments answer for together counts whole for each of them.
    """

    result: Result
    kept: int
    due: int
    by_department: Mapping[str, Result]
    months: tuple[Month, ...]
    readings: tuple[Reading, ...]


def reliability(
    moment_id: str | None = None, since: date | None = None, until: date | None = None
) -> dict[str, ReliabilityAnswer]:
    """The reliability of a moment, or of all that have a standard, by moment id. Days are of the deadlines, UTC."""
    rows = Standard.objects.filter(retired=False)
    rows = rows.filter(moment=moment_id) if moment_id is not None else rows
    by_moment: dict[str, list[Reading]] = defaultdict(list)
    for standard in rows:
        by_moment[standard.moment].append(reading(standard, since, until))
    return {moment: _together(readings) for moment, readings in by_moment.items()}


def reading(standard: Standard, since: date | None = None, until: date | None = None) -> Reading:
    """What a standard's method counts between two days, both included."""
    if standard.method == Standard.Method.SERIES:
        return _of_series(standard, since, until)
    definition = read_definition(standard.definition)
    if standard.method == Standard.Method.RIGHT:
        return _reading(standard, _went_right(definition, since, until))
    kept = company_record().ask(Kept(definition.promise_of(), as_of(), since, until))
    months: dict[date, Counts] = defaultdict(Counts)
    for row in kept:
        months[row.month] += Counts(row.due, row.kept, ((row.bucket, row.due, row.kept),))
    return _reading(standard, months)


def as_of() -> datetime:
    """What the record can know: until now, to the minute; of a record that has long been quiet until its last day."""
    return heard_until(timezone.now().replace(second=0, microsecond=0)).astimezone(UTC).replace(tzinfo=None)


def heard_until(now: datetime) -> datetime:
    """Up to when the record can know what happened, and what did not: ``now``, or the end of its last day (UTC) where
    it has long been quiet."""
    last = company_record().ask(Span()).last_day
    if last is None or last >= now.astimezone(UTC).date() - timedelta(days=QUIET_DAYS):
        return now
    return datetime.combine(last, datetime.min.time(), UTC) + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LiveBreach:
    """A promise that is broken now, and by how many hours it is, or was, overdue."""

    standard: Standard
    breach: Breach
    hours: float

    @property
    def is_open(self) -> bool:
        return self.breach.received_at is None


@dataclass(frozen=True, slots=True)
class BreachList:
    """Breaches of the last days: how many still wait, how many ended; ``rows`` open first."""

    open: int
    closed: int
    rows: tuple[LiveBreach, ...]
    at: datetime
    days: int = BREACH_DAYS


def breaches(limit: int = 50, *, standard_id: int | None = None) -> BreachList:
    """Promises broken as of now whose deadline passed in the last days, and those of them that still wait."""
    at = as_of()
    rows = Standard.objects.filter(retired=False, method=Standard.Method.KEPT)
    rows = rows.filter(pk=standard_id) if standard_id is not None else rows
    found: list[LiveBreach] = []
    total = waiting = 0
    for standard in rows:
        promise = read_definition(standard.definition).promise_of()
        page = company_record().ask(Breaches(promise, at, at.date() - timedelta(days=BREACH_DAYS), limit))
        total, waiting = total + page.total, waiting + page.open
        found += [LiveBreach(standard, one, _hours_over(one, at)) for one in page.rows]
    found.sort(key=lambda one: (not one.is_open, -one.hours, one.breach.signal_key))
    return BreachList(waiting, total - waiting, tuple(found[:limit]), at)


def _hours_over(breach: Breach, at: datetime) -> float:
    return ((breach.received_at or at) - breach.deadline).total_seconds() / 3600


def _went_right(definition: Definition, since: date | None, until: date | None) -> dict[date, Counts]:
    given = definition.filters()
    for name in ("happened", "right"):
        if name not in given:
            raise Refused("standard.incomplete", _("Say which signals mean that it happened, and went right."), name)
    record = company_record()
    due = record.ask(Sums(("month", "bucket"), given["happened"], since, until))
    right = record.ask(Sums(("month", "bucket"), every(given["happened"], given["right"]), since, until))
    kept = {(row.group["month"], row.group["bucket"]): row.n for row in right.rows}
    months: dict[date, Counts] = defaultdict(Counts)
    for row in due.rows:
        month, bucket = row.group["month"], row.group["bucket"]
        if month is not None and bucket is not None:
            good = kept.get((month, bucket), 0)
            months[date.fromisoformat(month)] += Counts(row.n, good, ((int(bucket), row.n, good),))
    return months


def _reading(standard: Standard, months: Mapping[date, Counts]) -> Reading:
    ordered = tuple(Month(month, months[month]) for month in sorted(months))
    return Reading(standard, _sum(one.counts for one in ordered), ordered, {})


def _of_series(standard: Standard, since: date | None, until: date | None) -> Reading:
    """A series may say of a day how it went for all, by department, or both: the row for all prevails for the total,
    those of departments are its parts."""
    points = SeriesPoint.objects.filter(standard=standard)
    points = points.filter(day__gte=since) if since else points
    points = points.filter(day__lte=until) if until else points
    rows = list(points.values_list("day", "department", "happened", "went_right"))
    for_all = {day for day, department, _happened, _right in rows if not department}
    months: dict[date, Counts] = defaultdict(lambda: Counts(buckets=None))
    departments: dict[str, Counts] = defaultdict(lambda: Counts(buckets=None))
    for day, department, happened, right in rows:
        counts = Counts(happened, right, None)
        if not department or day not in for_all:
            months[day.replace(day=1)] += counts
        if department:
            departments[department] += counts
    ordered = tuple(Month(month, months[month]) for month in sorted(months))
    return Reading(standard, _sum((one.counts for one in ordered), Counts(buckets=None)), ordered, dict(departments))


def _together(readings: list[Reading]) -> ReliabilityAnswer:
    total = _sum(one.counts for one in readings)
    months: dict[date, Counts] = defaultdict(Counts)
    departments: dict[str, Counts] = defaultdict(Counts)
    for one in readings:
        for month in one.months:
            months[month.month] += month.counts
        for department, counts in one.departments.items():
            departments[department] += counts
        for department in accountable(one.standard):
            if department not in one.departments:
                departments[department] += one.counts
    ordered = tuple(Month(month, months[month]) for month in sorted(months))
    by_department = {name: departments[name].result() for name in sorted(departments)}
    return ReliabilityAnswer(total.result(), total.kept, total.due, by_department, ordered, tuple(readings))


def accountable(standard: Standard) -> tuple[str, ...]:
    """The departments of the taxonomy that answer for a standard together."""
    named = (*standard.departments, standard.giver, standard.taker)
    return tuple(dict.fromkeys(one for one in named if one))


def _sum(counts: Iterable[Counts], start: Counts | None = None) -> Counts:
    total = start or Counts()
    for one in counts:
        total += one
    return total
