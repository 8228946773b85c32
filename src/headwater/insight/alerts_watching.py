"""Watching every cause at every stage, the events that show it, and every metric's low scores, for what rises.

All of it is computed anew from the record each time, over some sixteen months of closed days: late data, corrections
and new labels count, and the same rise is the same alert, whose figures follow the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from django.db import transaction
from django.utils import timezone

import headwater.science as hs
from headwater.base.history import record_history
from headwater.insight import alerts_mail
from headwater.insight.alerts import HAPPENED, SPOKEN
from headwater.insight.alerts_days import FIRST_DAYS, first_day, last_closed_day
from headwater.insight.models import Alert, AlertWatch
from headwater.insight.typical import typical
from headwater.journey.queries import taxonomy
from headwater.listening.connections import hooks
from headwater.metrics.definitions import METRICS
from headwater.metrics.store import company_record
from headwater.record.filters import equals, every
from headwater.record.questions import Daily, Verbatims

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headwater.journey.taxonomy import Taxonomy
    from headwater.science.bounds import Array
    from headwater.science.detection import Alarm, Watch

OLD: Final = 90
"""Alarms noticed longer ago than this, and over, are no longer anything to act on when they are first found."""
NEWS: Final = 14
"""Owners are written to about what was noticed within so many days."""
SAME: Final = 14
"""How many days the beginning of a rise may move, by late data, and still be the same rise."""
ENOUGH_A_DAY: Final = 0.2
"""A cause is watched stage by stage where a stage has so many a day; a rarer one as a whole, so that few series share
the false alarms that are allowed."""
EXAMPLES: Final = 4
NOTHING: Final = 0.5
"""Added to the base of each day, so that a day without any signal has one."""


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """What is watched: a cause as said at a stage ("": at any), a cause as events show it, or a metric's low scores at
    a stage."""

    kind: str
    cause: str
    metric: str
    stage: str


@dataclass(frozen=True, slots=True)
class Watched:
    """All series over the same days, and what was found in them."""

    first: date
    until: date
    counts: Mapping[Series, Array]
    bases: Mapping[Series, Array]
    found: Watch

    def day(self, place: int) -> date:
        return self.first + timedelta(days=place)


def watch_for_changes() -> int:
    """Bring the alerts in line with what the record shows now; returns how many are new. Repeatable."""
    until = last_closed_day()
    if until is None:
        return 0
    seen_as = _seen_as(until)
    if AlertWatch.objects.filter(seen_as=seen_as).exists():
        return 0
    watched = watched_series(until)
    if watched is None:
        return 0
    named = {_name(one): one for one in watched.counts}
    found = [(named[alarm.name], alarm) for alarm in watched.found.alarms]
    words = {alarm: _examples(one, watched.day(alarm.since), watched) for one, alarm in found}
    with transaction.atomic():
        new = _keep(watched, found, words)
        _remember(watched, seen_as)
    return new


def watched_series(until: date) -> Watched | None:
    """Every series up to a day, watched; None where the record is shorter than the history a watch needs."""
    first = first_day(until)
    if first is None:
        return None
    known = taxonomy()
    counts, bases = _causes(first, until, known)
    for more in (*_scores(first, until, known), _happened(first, until, known)):
        counts, bases = counts | more[0], bases | more[1]
    found = hs.watch(
        {_name(one): values for one, values in counts.items()},
        exposure={_name(one): values for one, values in bases.items()},
    )
    return Watched(first, until, counts, bases, found)


_Arrays = tuple[dict[Series, "Array"], dict[Series, "Array"]]


def _causes(first: date, until: date, known: Taxonomy) -> _Arrays:
    """Negative signals that name a cause, by stage, out of all that was said on the day.

    A cause of which no stage has enough to watch is watched as a whole.
    """
    days = (until - first).days + 1
    by_pair: dict[tuple[str, str], Array] = {}
    for group, counted in company_record().ask(Daily(first, until, ("cause", "stage"), SPOKEN)).groups.items():
        cause = known.cause(known.resolve(group[0] or ""))
        if cause is not None and cause.active and cause.demand != "value":
            key = cause.id, group[1] if group[1] and known.stage(group[1]) else ""
            by_pair[key] = by_pair.get(key, np.zeros(days)) + counted.negative
    everything = company_record().ask(Daily(first, until, (), SPOKEN)).groups.get(())
    said = (everything.n if everything is not None else np.zeros(days)) + NOTHING
    counts: dict[Series, Array] = {}
    for cause_id in sorted({cause for cause, _stage in by_pair}):
        parts = {stage: values for (one, stage), values in by_pair.items() if one == cause_id}
        enough = {stage: values for stage, values in parts.items() if stage and _enough(values)}
        for stage, values in (enough or {"": np.sum(list(parts.values()), axis=0)}).items():
            counts[Series("cause", cause_id, "", stage)] = values
    return counts, dict.fromkeys(counts, said)


def _scores(first: date, until: date, known: Taxonomy) -> Iterable[_Arrays]:
    """Low scores of a metric at a stage, out of all its scores there."""
    answer = company_record().ask(Daily(first, until, ("metric", "stage"), SPOKEN))
    for (metric, stage), counted in answer.groups.items():
        if metric in METRICS and stage and known.stage(stage) and counted.scored.sum():
            series = Series("score", "", metric, stage)
            yield {series: counted.low}, {series: counted.scored + NOTHING}


def _happened(first: date, until: date, known: Taxonomy) -> _Arrays:
    """Events that show a cause, out of the events that show none, such as orders: seen before anybody complains."""
    groups = company_record().ask(Daily(first, until, ("event",), HAPPENED)).groups
    by_event = {str(group[0]): counted.n for group, counted in groups.items() if group[0]}
    causes = [one for one in known.active_causes if one.demand != "value" and one.events]
    failing = {event for one in causes for event in one.events}
    days = (until - first).days + 1
    base = np.sum([n for event, n in by_event.items() if event not in failing] or [np.zeros(days)], axis=0) + NOTHING
    counts = {
        Series("happened", one.id, "", ""): np.sum(
            [by_event[event] for event in one.events if event in by_event], axis=0
        )
        for one in causes
        if any(event in by_event for event in one.events)
    }
    return counts, dict.fromkeys(counts, base)


def _enough(values: Array) -> bool:
    return bool(values[:FIRST_DAYS].mean() >= ENOUGH_A_DAY)


def _name(series: Series) -> str:
    return "|".join((series.kind, series.cause, series.metric, series.stage))


def _examples(series: Series, since: date, watched: Watched) -> list[int]:
    """Keys of typical comments of a rise; who may read them is asked when they are shown."""
    narrowed = every(
        SPOKEN,
        equals("cause", series.cause) if series.cause else equals("metric", series.metric),
        equals("stage", series.stage) if series.stage else None,
    )
    question = Verbatims(narrowed, since, watched.until, negative=True, limit=200)
    rows = company_record().ask(question).rows
    return [row.signal_key for row in typical(rows, EXAMPLES)] if rows else []


def _keep(watched: Watched, found: list[tuple[Series, Alarm]], words: Mapping[Alarm, list[int]]) -> int:
    """Each alarm is the alert it was before, or a new one; an alert that the record no longer shows says so."""
    kept = list(Alert.objects.select_for_update().filter(noticed_on__gt=watched.day(FIRST_DAYS)))
    now, new = timezone.now(), 0
    for series, alarm in found:
        fields = _fields(watched, alarm, words[alarm])
        row = next((one for one in kept if _is_same(one, series, fields["since"])), None)
        if row is None:
            if fields["until"] is not None and fields["noticed_on"] < watched.until - timedelta(days=OLD):
                continue
            row, made = Alert.objects.get_or_create(**_identity(series), began_on=fields["since"], defaults=fields)
            new += made
            if made:
                _announce(row, now)
        else:
            kept.remove(row)
        Alert.objects.filter(pk=row.pk).update(**fields, unseen_at=None)
    gone = [row.pk for row in kept if row.unseen_at is None]
    Alert.objects.filter(pk__in=gone).update(unseen_at=now)
    return new


def _is_same(row: Alert, series: Series, since: date) -> bool:
    if (row.kind, row.cause, row.metric, row.stage) != (series.kind, series.cause, series.metric, series.stage):
        return False
    begun_before = row.since - timedelta(days=SAME) <= since
    return begun_before and (row.until is None or since <= row.until)


def _identity(series: Series) -> dict[str, str]:
    return {"kind": series.kind, "cause": series.cause, "metric": series.metric, "stage": series.stage}


def _fields(watched: Watched, alarm: Alarm, examples: list[int]) -> dict[str, Any]:
    days = slice(alarm.since, len(watched.found.expected[alarm.name]) if alarm.until is None else alarm.until)
    expected = float(watched.found.expected[alarm.name][days].sum())
    return {
        "since": watched.day(alarm.since),
        "noticed_on": watched.day(alarm.day),
        "until": None if alarm.until is None else watched.day(alarm.until),
        "rise": alarm.rise.estimate,
        "low": alarm.rise.low,
        "high": alarm.rise.high,
        "seen": alarm.rise.n,
        "expected": expected,
        "score": alarm.score,
        "examples": examples,
    }


def _announce(row: Alert, now: object) -> None:
    record_history(None, "alert.found", f"alert:{row.pk}", {"what": row.cause or row.metric, "stage": row.stage})
    told = {"id": row.pk, "kind": row.kind, "cause": row.cause, "metric": row.metric, "stage": row.stage}
    dates = {"since": row.since.isoformat(), "noticed_on": row.noticed_on.isoformat()}
    hooks.emit("alert.raised", {**told, **dates, "address": hooks.address(f"/alerts/{row.pk}")})
    if (timezone.localdate() - row.noticed_on).days <= NEWS and alerts_mail.tell_owners(row):
        Alert.objects.filter(pk=row.pk).update(mailed_at=now)


def _remember(watched: Watched, seen_as: str) -> None:
    row, _made = AlertWatch.objects.get_or_create(singleton=True)
    began = watched.day(FIRST_DAYS)
    AlertWatch.objects.filter(pk=row.pk).update(
        at=timezone.now(),
        watched_from=min(row.watched_from or began, began),
        watched_until=max(row.watched_until or watched.until, watched.until),
        series=len(watched.found.scores),
        unwatched=len(watched.found.unwatched),
        seen_as=seen_as,
    )


def _seen_as(until: date) -> str:
    """What the answer depends on: the record, the journey and the last closed day."""
    versions = company_record().versions()
    return f"{versions.signals}.{versions.labels}.{taxonomy().version}.{until.isoformat()}"


def clear() -> None:
    """Forget every alert; run when the sample company is cleared."""
    Alert.objects.all().delete()
    AlertWatch.objects.all().delete()
