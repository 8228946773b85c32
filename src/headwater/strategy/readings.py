"""Readings of measures: computed from the record when a period is over, typed in, or imported; kept, never edited."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.company import company
from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.queue import JobContext
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.metrics.access import require_askable
from headwater.metrics.estimates import estimate, read_filter, signal_rate
from headwater.metrics.rules import why_not
from headwater.metrics.store import company_record
from headwater.record.questions import Span
from headwater.science.results import Estimate, Result
from headwater.strategy.definitions import Definition, ends_of, figure_unit, in_words, read
from headwater.strategy.models import Measure, Reading
from headwater.strategy.periods import Period, over, period_of

BACK_FILL = 24
LATE = timedelta(days=7)
REASON_LENGTH = 300
MAX_ROWS = 5_000
EARLIEST, LATEST = 1970, 2200
"""Years that readings are of."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that someone gives for a period; both ends of its interval, or neither. ``n`` is its base."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class GivenReading:
    """A figure for the period that holds ``day``, and why, where it corrects one that is there."""

    day: date
    figure: Figure
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of readings that arrived together."""

    accepted: int
    corrected: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A definition in words, and its figure in the last period that is over; ``unit`` as in ``base.figures``."""

    period: Period
    result: Result
    unit: str
    words: str


def today() -> date:
    """The day it is in the company's time zone."""
    ours = company()
    return timezone.localdate(timezone=ZoneInfo(ours.time_zone if ours else "UTC"))


def figure_of(definition: Definition, first: date, last: date) -> Result:
    """What the record says of a definition in a period, both days included, by the one way of every metric."""
    if definition.is_rate:
        against = definition.against()
        assert against is not None  # noqa: S101 (a rate has a denominator)
        return _per(signal_rate(definition.counted(), against, since=first, until=last), definition.per)
    return estimate(definition.metric, where=definition.counted(), since=first, until=last).rows[0].result


def read_due(context: JobContext | None = None) -> int:
    """Compute every reading that is due, measure by measure; returns how many were taken."""
    active = list(Measure.objects.filter(source=Measure.Source.RECORD, retired_at=None))
    taken = 0
    for number, measure in enumerate(active, start=1):
        taken += read_measure(measure)
        if context is not None:
            context.progress(number, len(active))
    return taken


def read_measure_of(identity: int, *, restate: str = "") -> int:
    """Take the readings of the measure with this key that are due; none where it is gone or retired."""
    measure = Measure.objects.filter(pk=identity, retired_at=None).first()
    return read_measure(measure, restate=restate) if measure else 0


def read_measure(measure: Measure, *, restate: str = "") -> int:
    """Compute the readings of one measure that are due; returns how many were taken.

    With ``restate``, the reason, each period that was read under an earlier definition is read again: the old reading
    stays, superseded.
    """
    if measure.source != Measure.Source.RECORD or not measure.definition:
        return 0
    definition, record = read(measure.definition), company_record()
    span = record.ask(Span())
    if span.first_day is None or span.last_day is None:
        return 0
    now = {reading.period: reading for reading in current_readings(measure)}
    due = _due_periods(measure.every, span.first_day, span.last_day)
    wanted = [period for period in due if _is_wanted(now.get(period.first), measure, bool(restate))]
    version = asdict(record.versions())
    made = [
        _reading(measure, period, figure_of(definition, period.first, period.last), version)
        for period in sorted(wanted)
    ]
    with transaction.atomic():
        kept = sum(_keep(reading, now.get(reading.period), restate) for reading in made)
        if kept:
            data = {"name": measure.name, "count": kept}
            record_history(None, "measure.read", f"measure:{measure.slug}", data)
    return kept


def previewed(person: Person | None, content: Mapping[str, Any], every: str) -> Preview:
    """What the record says of a definition that is being written: in the last period that is over.

    Refuses what this person may not ask, and what cannot be computed.
    """
    require(person, "edit", "measures")
    definition = read(content)
    for text in (definition.where, definition.population, definition.denominator):
        require_askable(person, (), read_filter(text))
    span = company_record().ask(Span())
    if span.first_day is None or span.last_day is None:
        raise Refused("record.empty", _("The record is empty, so there is nothing to compute yet."))
    due = _due_periods(every, span.first_day, span.last_day)
    period = due[0] if due else Period(span.first_day, span.last_day)
    return Preview(
        period, figure_of(definition, period.first, period.last), figure_unit(definition), in_words(definition)
    )


def current_readings(measure: Measure) -> list[Reading]:
    """The readings that count, in the order of time: those that no correction superseded."""
    return list(measure.readings.filter(superseded_by=None).order_by("period"))


def give_reading(person: Person | None, slug: str, given: GivenReading) -> Reading:
    """Keep a figure that a person typed; one that is there already needs a reason to be corrected.

    The same figure sent again is the same reading.
    """
    measure = _given_measure(person, slug)
    with transaction.atomic():
        received = _receive(person, measure, [given])
        found = measure.readings.get(superseded_by=None, period=period_of(given.day, measure.every).first)
        _record_given(person, measure, received)
    return found


def receive_readings(person: Person | None, slug: str, given: Iterable[GivenReading]) -> Received:
    """Keep figures from a file or a program: all of them, or none when one is refused."""
    measure = _given_measure(person, slug)
    rows = list(islice(given, MAX_ROWS + 1))
    if len(rows) > MAX_ROWS:
        message = _("At most %d readings are taken at once; send the rest separately.")
        raise Refused("reading.too_many", message % MAX_ROWS, "readings")
    with transaction.atomic():
        received = _receive(person, measure, rows)
        _record_given(person, measure, received)
    return received


def compute_again(person: Person | None, slug: str, period: date, reason: str) -> Reading:
    """Read a past period of the record again, as a new reading with a reason; the old one stays, superseded."""
    require(person, "edit", "measures")
    measure = _measure(slug)
    reason = checked_reason(reason)
    if measure.source != Measure.Source.RECORD:
        message = _("“%s” is not computed from the record. Give its figure again, with the reason.")
        raise Refused("measure.not_computed", message % measure.name)
    old = measure.readings.filter(superseded_by=None, period=period).first()
    if old is None:
        raise NotFound("reading.none", _("There is no reading of the period that begins on %s.") % period)
    record = company_record()
    result = figure_of(read(measure.definition), old.period, old.until)
    new = _reading(measure, Period(old.period, old.until), result, asdict(record.versions()))
    new.by = person
    with transaction.atomic():
        if not _keep(new, old, reason):
            raise Conflict("reading.changed", _("Someone else corrected this reading just now. Reload the page."))
        data = {"name": measure.name, "period": str(period), "reason": reason}
        record_history(person, "measure.reading_corrected", f"measure:{slug}", data)
    return new


def checked_reason(reason: str) -> str:
    """A reason that says something and is short enough to be kept."""
    reason = " ".join(reason.replace("\x00", "").split())
    if not reason:
        raise Refused("reading.reason_missing", _("Say why this figure is corrected."), "reason")
    if len(reason) > REASON_LENGTH:
        message = _("A reason has %(most)d characters at most; this one has %(have)d.")
        raise Refused("reading.reason_long", message % {"most": REASON_LENGTH, "have": len(reason)}, "reason")
    return reason


def _per(result: Result, per: int) -> Result:
    if isinstance(result, Estimate):
        return replace(result, estimate=result.estimate * per, low=result.low * per, high=result.high * per)
    return result


def _due_periods(every: str, first_day: date, last_day: date) -> list[Period]:
    """Periods that are over and whole in the record, the latest first. One that ends after the last signal waits a
    week for late arrivals. Of a record that has long been quiet, its last periods."""
    now = today()
    quiet_since = period_of(last_day, every).last + timedelta(days=1)
    found = []
    for period in islice(over(every, min(now, quiet_since)), BACK_FILL):
        if period.first < first_day:
            break
        if period.last <= last_day or (period.first <= last_day and now - period.last > LATE):
            found.append(period)
    return found


def _is_wanted(there: Reading | None, measure: Measure, restate: bool) -> bool:
    return there is None or (restate and there.definition_edition != measure.definition_edition)


def _reading(measure: Measure, period: Period, result: Result, version: Mapping[str, int]) -> Reading:
    reading = Reading(
        measure=measure,
        period=period.first,
        until=period.last,
        definition_edition=measure.definition_edition,
        record_version=dict(version),
        n=result.n,
    )
    if isinstance(result, Estimate):
        reading.value, reading.low, reading.high = result.estimate, result.low, result.high
        reading.method, reading.assumptions = result.method[:200], list(result.assumptions)
    else:
        reading.no_verdict = why_not(result)[:200]
    return reading


def _keep(reading: Reading, there: Reading | None, reason: str) -> bool:
    """Write a reading, superseding the one that is there. False when another process was faster."""
    if there is not None:
        reading.supersedes, reading.reason = there, reason
    try:
        with transaction.atomic():
            reading.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _measure(slug: str) -> Measure:
    measure = Measure.objects.filter(slug=slug).first()
    if measure is None:
        raise NotFound("measure.not_found", _("There is no measure “%s”.") % slug[:60])
    return measure


def _given_measure(person: Person | None, slug: str) -> Measure:
    """A measure whose figures people give; its owner may give them too.

    A token carries what its scopes name, and none names an owner's own measures.
    """
    require(person, "view", "measures")
    measure = _measure(slug)
    if person is None or measure.owner_id != person.pk or person.token_scopes is not None:
        require(person, "edit", "measures")
    if measure.retired_at is not None:
        raise Refused("measure.retired", _("“%s” is retired; it takes no readings any more.") % measure.name)
    if measure.source == Measure.Source.RECORD:
        message = _("“%s” is computed from the record, so nobody gives its figures. Correct the data instead.")
        raise Refused("measure.computed", message % measure.name)
    return measure


def _receive(person: Person | None, measure: Measure, rows: Iterable[GivenReading]) -> Received:
    now = {reading.period: reading for reading in current_readings(measure)}
    counts = {"accepted": 0, "corrected": 0, "repeated": 0}
    for given in rows:
        _refuse_far(given.day)
        period = period_of(given.day, measure.every)
        _check(measure, given, period)
        there = now.get(period.first)
        if there is not None and _same(there, given.figure):
            counts["repeated"] += 1
            continue
        if there is not None and not given.reason.strip():
            message = _("There is a reading from %(period)s already (%(value)s). To correct it, say why.")
            values = {"period": period.first, "value": f"{there.value:g}" if there.value is not None else "–"}
            raise Conflict("reading.there_already", message % values, "reason")
        reading = Reading(
            measure=measure,
            period=period.first,
            until=period.last,
            definition_edition=measure.definition_edition,
            method=_("given by a person") if measure.source == Measure.Source.TYPED else _("imported"),
            by=person,
            **asdict(given.figure),
        )
        reason = checked_reason(given.reason) if there is not None else ""
        if not _keep(reading, there, reason):
            raise Conflict("reading.changed", _("Someone else gave this reading just now. Reload the page."))
        now[period.first] = reading
        counts["corrected" if there is not None else "accepted"] += 1
    return Received(**counts)


def _check(measure: Measure, given: GivenReading, period: Period) -> None:
    figure, definition = given.figure, read(measure.definition)
    numbers = [one for one in (figure.value, figure.low, figure.high) if one is not None]
    if not all(math.isfinite(one) and abs(one) < 1e15 for one in numbers):
        raise Refused("reading.value", _("A figure must be a number below 10¹⁵."), "value")
    if (figure.low is None) != (figure.high is None):
        raise Refused("reading.interval", _("Give both ends of the interval, or neither."), "low")
    if figure.low is not None and figure.high is not None and not figure.low <= figure.value <= figure.high:
        message = _("The figure %(value)g must lie within its interval, %(low)g to %(high)g.")
        raise Refused("reading.interval", message % asdict(figure), "low")
    if figure.n is not None and not 0 <= figure.n < 10**15:
        raise Refused("reading.n", _("The base must be a whole number of answers, 0 or more."), "n")
    lowest, highest = ends_of(definition)
    for one in numbers:
        if (lowest is not None and one < lowest) or (highest is not None and one > highest):
            message = _("%(value)g is not on the scale of “%(name)s”, %(scale)s.")
            values = {"value": one, "name": measure.name, "scale": definition.scale or f"{lowest}-{highest}"}
            raise Refused("reading.scale", message % values, "value")
    if period.first > today():
        message = _("The period that begins on %s has not begun yet.")
        raise Refused("reading.future", message % period.first, "day")


def _refuse_far(day: date) -> None:
    """Refuse a day that no calendar of periods reaches."""
    if day.year < EARLIEST:
        raise Refused("reading.past", _("%s is too long ago for a reading.") % day, "day")
    if day.year > LATEST:
        raise Refused("reading.future", _("%s has not begun yet.") % day, "day")


def _same(there: Reading, figure: Figure) -> bool:
    return (there.value, there.low, there.high, there.n) == (figure.value, figure.low, figure.high, figure.n)


def _record_given(person: Person | None, measure: Measure, received: Received) -> None:
    if received.accepted:
        data = {"name": measure.name, "count": received.accepted}
        record_history(person, "measure.readings_given", f"measure:{measure.slug}", data)
    if received.corrected:
        data = {"name": measure.name, "count": received.corrected}
        record_history(person, "measure.readings_corrected", f"measure:{measure.slug}", data)
