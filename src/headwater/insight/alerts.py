"""Alerts: what was noticed, in whose words, how rare it is, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from scipy import stats

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import NotAllowed, allows, require
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight import alerts_days
from headwater.insight.alerts_wording import subject_of
from headwater.insight.causes import SAID
from headwater.insight.models import Alert, AlertWatch
from headwater.insight.verbatims import causes_of_departments, readable
from headwater.journey.queries import taxonomy
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, equals, every, parse
from headwater.record.questions import Signal, SignalRows, Span, Sums, SumsRow
from headwater.science.detection import AVERAGE_RUN_LENGTH
from headwater.science.intervals import proportion
from headwater.science.results import Estimate, NoVerdict, Result

if TYPE_CHECKING:
    from collections.abc import Sequence

REASON_LENGTH: Final = 1_000
SHOWN: Final = 200
BY_DESIGN: Final = 365 / AVERAGE_RUN_LENGTH
"""False alarms a year of all series together, at most, if nothing but chance were at work."""
WEEKS_BEFORE: Final = 26
SPOKEN: Final = Filter(Among(Term("text", "kind"), SAID))
"""What customers said; what happened is watched beside it."""
HAPPENED: Final = parse("kind = 'event'")
OPEN: Final = ("new", "watching")
ANSWERS: Final = ("looked_at", "known", "watching", "false_alarm")
EXPLAINED: Final = ("known", "false_alarm")
"""Answers that need a reason: who comes later must see why nothing was done."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """What waits for an answer, what was answered, and what no longer stands out, newest first; how it is watched.

    ``can_watch``: whether there are days enough; where there are and ``watch`` is None, nobody has looked yet.
    """

    open: tuple[Alert, ...]
    answered: tuple[Alert, ...]
    unseen: tuple[Alert, ...]
    watch: AlertWatch | None
    can_watch: bool
    false_alarms: Result

    @property
    def under_way(self) -> int:
        return sum(row.until is None for row in self.open)


def alerts(person: Person | None) -> Alerts:
    """Every alert of the last years; figures are for everyone, the words behind them are not."""
    require(person, "view", "figures")
    rows = list(Alert.objects.select_related("decided_by")[:SHOWN])
    watch = AlertWatch.objects.first()
    return Alerts(
        open=tuple(row for row in rows if row.state in OPEN and row.unseen_at is None),
        answered=tuple(row for row in rows if row.state not in OPEN),
        unseen=tuple(row for row in rows if row.state in OPEN and row.unseen_at is not None),
        watch=watch,
        can_watch=watch is not None or alerts_days.are_enough(),
        false_alarms=false_alarm_rate(),
    )


def open_alerts(cause: str | None = None, most: int = 3) -> tuple[Alert, ...]:
    """What rises now and waits for an answer, the strongest first; of one cause where it is named."""
    rows = Alert.objects.filter(state__in=OPEN, unseen_at=None, until=None)
    if cause is not None:
        rows = rows.filter(cause=cause)
    return tuple(sorted(rows, key=lambda row: (-row.low, row.pk))[:most])


def one_alert(person: Person | None, pk: int) -> Alert:
    """One alert; refuses (404) what is not there."""
    require(person, "view", "figures")
    row = Alert.objects.select_related("decided_by").filter(pk=pk).first()
    if row is None:
        raise NotFound("alert_unknown", _("There is no alert %s.") % pk)
    return row


def words_of(person: Person | None, rows: Sequence[Alert]) -> dict[int, tuple[Signal, ...]]:
    """Typical comments behind each alert, by its key, as far as this person may read them."""
    keys = tuple(sorted({key for row in rows for key in row.examples}))
    found = {signal.signal_key: signal for signal in readable(person, company_record().ask(SignalRows(keys)))}
    return {row.pk: tuple(found[key] for key in row.examples if key in found) for row in rows} if keys else {}


@dataclass(frozen=True, slots=True)
class Week:
    """One week of an alert's series: ``seen`` of ``of``, as a share with its 95 % interval."""

    start: date
    seen: int
    of: int
    rate: float | None
    low: float | None
    high: float | None


def weeks_of(row: Alert) -> tuple[Week, ...]:
    """The alert's series by week, from half a year before it began on."""
    until = row.until or company_record().ask(Span()).last_day or row.noticed_on
    since = row.since - timedelta(days=WEEKS_BEFORE * 7)
    stage = equals("stage", row.stage) if row.stage else None
    subject = every(equals("metric", row.metric) if row.metric else equals("cause", row.cause), stage)
    of: Filter | None = SPOKEN
    counted_as = "negative"
    if row.kind == Alert.Kind.SCORE:
        of, counted_as = every(SPOKEN, subject), "low"
    if row.kind == Alert.Kind.HAPPENED:
        of, counted_as, subject = HAPPENED, "n", _shown_by(row.cause)
    whole = _weekly(of, since, until)
    named = _weekly(every(of, subject), since, until)
    weeks = []
    for start, counted in sorted(whole.items()):
        mine = named.get(start)
        total = counted.scored if row.kind == Alert.Kind.SCORE else counted.n
        seen = getattr(mine, counted_as) if mine else 0
        share = proportion(seen, total)
        ends = (share.estimate, share.low, share.high) if isinstance(share, Estimate) else (None, None, None)
        weeks.append(Week(date.fromisoformat(start), seen, total, *ends))
    return tuple(weeks)


def _shown_by(cause_id: str) -> Filter:
    """The events that show a cause; one that shows none any more is shown by nothing."""
    known = taxonomy()
    cause = known.cause(known.resolve(cause_id))
    return Filter(Among(Term("text", "event"), cause.events if cause and cause.events else ("",)))


def _weekly(where: Filter | None, since: date, until: date) -> dict[str, SumsRow]:
    rows = company_record().ask(Sums(("week",), where, since, until)).rows
    return {row.group["week"] or "": row for row in rows if row.group["week"]}


def answer_alert(person: Person | None, pk: int, state: str, reason: str = "", edition: int | None = None) -> Alert:
    """Say what became of an alert. Refuses (409) when somebody answered since ``edition`` was seen.

    Saying the same twice counts once. ``reason`` is needed for what is known, and for a false alarm.
    """
    reason = reason.strip()
    if state not in ANSWERS:
        message = _("“%(state)s” is no answer. Choose one of: %(known)s.")
        raise Refused("alert_answer", message % {"state": state[:40], "known": ", ".join(ANSWERS)}, "state")
    if len(reason) > REASON_LENGTH or "\x00" in reason:
        raise Refused("alert_reason", _("Give the reason in at most %d characters.") % REASON_LENGTH, "reason")
    if state in EXPLAINED and not reason:
        raise Refused("alert_reason", _("Say why, in a few words: who comes later reads it."), "reason")
    with transaction.atomic():
        row = _answerable(person, pk)
        if (row.state, row.reason) == (state, reason):
            return row
        _refuse_outdated(row, edition)
        row.before = _decision(row)
        row.state, row.reason, row.decided_by, row.decided_at = state, reason, person, timezone.now()
        row.edition += 1
        row.save()
        data = {"what": subject_of(row), "answer": str(row.get_state_display()), "reason": reason}
        record_history(person, "alert.answered", f"alert:{row.pk}", data)
    return row


def undo_answer(person: Person | None, pk: int, edition: int | None = None) -> Alert:
    """Take the last answer back; refuses (409) where there is none, or somebody answered since."""
    with transaction.atomic():
        row = _answerable(person, pk)
        _refuse_outdated(row, edition)
        if row.before is None:
            raise Conflict("alert_unanswered", _("There is no answer to take back."))
        before, row.before = row.before, None
        row.state, row.reason = before["state"], before["reason"]
        row.decided_by = Person.objects.filter(pk=before["by"]).first()
        row.decided_at = parse_datetime(before["at"]) if before["at"] else None
        row.edition += 1
        row.save()
        record_history(person, "alert.answer_undone", f"alert:{row.pk}", {"what": subject_of(row)})
    return row


def may_answer(person: Person | None, row: Alert) -> bool:
    """Whether this person may say what became of it: company-wide, or of the causes their departments can change."""
    if allows(person, "answer", "alerts"):
        return True
    if not allows(person, "answer", "alerts", words_of="department") or person is None:
        return False
    return row.cause in causes_of_departments(person)


def false_alarm_rate() -> Result:
    """False alarms a year: what the method allows, adjusted by what people marked.

    A gamma prior worth one year of watching at the rate by design; posterior mean and 95 % interval.
    """
    watch = AlertWatch.objects.first()
    if watch is None or watch.watched_from is None or watch.watched_until is None:
        return NoVerdict("not_watched", _("Nothing has been watched yet."))
    years = ((watch.watched_until - watch.watched_from).days + 1) / 365
    marked = Alert.objects.filter(state=Alert.State.FALSE_ALARM).count()
    shape, rate = BY_DESIGN + marked, 1 + years
    low, high = stats.gamma.ppf([0.025, 0.975], shape, scale=1 / rate)
    decided = Alert.objects.exclude(Q(state__in=OPEN)).count()
    assumptions = (
        f"by design at most {BY_DESIGN:.2f} a year of all series together, worth one year of watching",
        "what people marked as false alarms; what nobody answered counts as none",
    )
    return Estimate(shape / rate, float(low), float(high), decided, "gamma posterior of a Poisson rate", assumptions)


def _answerable(person: Person | None, pk: int) -> Alert:
    row = Alert.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        require(person, "answer", "alerts", words_of="department")
        raise NotFound("alert_unknown", _("There is no alert %s.") % pk)
    if not may_answer(person, row):
        message = _("You answer alerts about what your departments can change; this one is for others.")
        raise NotAllowed("not_allowed", message)
    return row


def _refuse_outdated(row: Alert, edition: int | None) -> None:
    if edition is not None and edition != row.edition:
        message = _("Somebody answered this alert after you opened it: “%s”. Reload the page to see it.")
        raise Conflict("alert_changed_meanwhile", message % row.get_state_display())


def _decision(row: Alert) -> dict[str, object]:
    at = row.decided_at.isoformat() if row.decided_at else ""
    return {"state": row.state, "reason": row.reason, "by": row.decided_by_id, "at": at}
