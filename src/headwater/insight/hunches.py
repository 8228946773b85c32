"""Hunches: somebody writes down what the record will say and how sure they are, and the record answers.

A hunch is its writer's alone: nobody else sees it, whatever their role; of others there is only the crowd's picture.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.insight.hunches_rules import Answer, answer, before, is_due
from headwater.insight.models import Hunch
from headwater.metrics.access import require_shareable
from headwater.metrics.definitions import METRICS
from headwater.metrics.estimates import estimate, read_filter
from headwater.metrics.store import company_record
from headwater.record.filters import Filter, Not, every
from headwater.record.questions import Span
from headwater.science.results import Estimate, NoVerdict, Result

MOST_OPEN: Final = 200
MOST_WORDS: Final = 600
LONGEST_FILTER: Final = 2_000
MOST_DAYS: Final = 3_660
TASK: Final = "insight.answer_hunches"
DECIDED: Final = (Hunch.State.TRUE, Hunch.State.FALSE)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a hunch says, as :class:`~headwater.insight.models.Hunch` describes it; ``at_least`` in its unit."""

    metric: str
    where: str
    against: str
    other: str
    comparison: str
    at_least: float
    since: date
    until: date
    judge_on: date

    @property
    def digest(self) -> str:
        """The same for the same claim."""
        said = {name: str(getattr(self, name)) for name in self.__slots__}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def claim_of(hunch: Hunch) -> Claim:
    """What a kept hunch says."""
    return Claim(**{name: getattr(hunch, name) for name in Claim.__slots__})


def hunches_of(person: Person) -> list[Hunch]:
    """A person's own hunches, the newest first."""
    require(person, "view", "hunches", words_of="own")
    return list(Hunch.objects.filter(person=person))


def hunch_of(person: Person, pk: int) -> Hunch:
    """One of a person's own hunches; of anybody else's nobody may know that it is there."""
    require(person, "view", "hunches", words_of="own")
    found = Hunch.objects.filter(pk=pk, person=person).first()
    if found is None:
        raise NotFound("hunch_unknown", _("You have no hunch of this number."))
    return found


def write_hunch(person: Person, claim: Claim, probability: int, words: str = "") -> Hunch:
    """Keep a hunch; the record answers it when it can. The same one sent twice is one hunch."""
    require(person, "write", "hunches", words_of="own")
    checked(person, claim)
    if not 1 <= probability <= 99:
        message = _("How sure are you, from 1 to 99 %%? %s is a certainty, and no hunch.")
        raise Refused("probability", message % f"{probability} %", "probability")
    words = words.strip()
    if len(words) > MOST_WORDS or "\x00" in words:
        raise Refused("words_too_long", _("Explain it in at most %d characters.") % MOST_WORDS, "words")
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        waiting = Hunch.objects.filter(person=person, state=Hunch.State.OPEN)
        same = waiting.filter(digest=claim.digest).first()
        if same is not None and same.probability != probability:
            message = _("You said %d %% of the same claim already. Withdraw that hunch first; it is never edited.")
            raise Conflict("hunch_waits", message % same.probability, "probability")
        if same is not None:
            return same
        if waiting.count() >= MOST_OPEN:
            raise Refused("too_many_hunches", _("%d hunches of yours wait already.") % MOST_OPEN)
        values = {name: getattr(claim, name) for name in Claim.__slots__}
        made = Hunch.objects.create(person=person, **values, digest=claim.digest, probability=probability, words=words)
        record_history(person, "hunch.written", f"hunch:{made.pk}", {})
        enqueue(TASK, {}, unique_key=TASK)
    return made


def withdraw_hunch(person: Person, pk: int) -> Hunch:
    """Take a hunch back before it is answered; withdrawn twice it is withdrawn once."""
    require(person, "write", "hunches", words_of="own")
    with transaction.atomic():
        found = Hunch.objects.select_for_update().filter(pk=pk, person=person).first()
        if found is None:
            raise NotFound("hunch_unknown", _("You have no hunch of this number."))
        if found.state == Hunch.State.WITHDRAWN:
            return found
        if found.state != Hunch.State.OPEN:
            raise Conflict("hunch_answered", _("The record has answered this hunch; it can no longer be withdrawn."))
        found.state, found.settled_at = Hunch.State.WITHDRAWN, timezone.now()
        found.save(update_fields=["state", "settled_at"])
        record_history(person, "hunch.withdrawn", f"hunch:{found.pk}", {})
    return found


def answer_due(today: date | None = None) -> int:
    """Answer every hunch that the record can answer now, each in a transaction of its own; return how many."""
    today = today or timezone.localdate()
    last = company_record().ask(Span()).last_day
    answered = 0
    for waiting in Hunch.objects.filter(state=Hunch.State.OPEN, judge_on__lte=today):
        if not is_due(waiting.judge_on, waiting.until, today, last):
            continue
        found = ask(claim_of(waiting))  # the record takes its time: not while others wait to write
        with transaction.atomic():
            hunch = Hunch.objects.select_for_update().filter(pk=waiting.pk, state=Hunch.State.OPEN).first()
            if hunch is None:
                continue
            settle(hunch, found)
        answered += 1
    return answered


def settle(hunch: Hunch, found: Answer) -> None:
    """Keep what the record said, with its evidence as it then was."""
    hunch.state, hunch.settled_at = found.verdict, timezone.now()
    hunch.evidence = {name: _written(getattr(found, name)) for name in ("first", "second", "gap")}
    hunch.save(update_fields=["state", "settled_at", "evidence"])
    # Neither the writer nor the verdict: the history is read by others.
    record_history(None, "hunch.answered", "hunch", {})


def ask(claim: Claim) -> Answer:
    """What the record says to a claim today."""
    mine, others = sides(claim)
    first = _figure(claim.metric, mine, claim.since, claim.until)
    days = before(claim.since, claim.until) if claim.against == Hunch.Against.BEFORE else (claim.since, claim.until)
    second = _figure(claim.metric, others, *days)
    return answer(claim.comparison, claim.at_least, first, second)  # type: ignore[arg-type]


def sides(claim: Claim) -> tuple[Filter | None, Filter | None]:
    """The filters of the two groups that a claim compares."""
    mine = read_filter(claim.where)
    if claim.against == Hunch.Against.BEFORE:
        return mine, mine
    if claim.against == Hunch.Against.GROUP:
        return mine, read_filter(claim.other)
    return mine, every(Filter(Not(mine.node))) if mine else None


def checked(person: Person, claim: Claim) -> None:
    """Refuse a claim that the record could never answer, or that singles somebody out, saying what to change."""
    _check_metric(claim)
    for field, text in (("where", claim.where), ("other", claim.other)):
        if len(text) > LONGEST_FILTER:
            raise Refused("filter_too_long", _("A filter has at most %d characters.") % LONGEST_FILTER, field)
        require_shareable(person, read_filter(text))
    if claim.against not in Hunch.Against.values or claim.comparison not in Hunch.Comparison.values:
        raise Refused("comparison_unknown", _("Choose what is compared and how from those offered."), "comparison")
    if claim.against == Hunch.Against.REST and not claim.where.strip():
        message = _("Say which customers or signals you mean: everyone compared with everyone else is nobody.")
        raise Refused("group_missing", message, "where")
    if claim.against == Hunch.Against.GROUP and _alike(claim):
        raise Refused("group_missing", _("Both groups are the same; name another one to compare with."), "other")
    _check_days(claim)


def clear() -> None:
    """Remove the sample company's hunches."""
    Hunch.objects.all().delete()


def _check_metric(claim: Claim) -> None:
    definition = METRICS.get(claim.metric)
    if definition is None:
        message = _("There is no metric “%(name)s”. Choose from: %(names)s.")
        raise Refused("metric_unknown", message % {"name": claim.metric[:40], "names": ", ".join(METRICS)}, "metric")
    widest = None if definition.highest is None else definition.highest - definition.lowest
    if not 0 <= claim.at_least < float("inf") or (widest is not None and claim.at_least > widest):
        message = _("A difference of %(value)s cannot be: %(metric)s reaches from %(low)s to %(high)s.")
        values = {"value": f"{claim.at_least:g}", "metric": definition.title}
        values |= {"low": f"{definition.lowest:g}", "high": "…" if widest is None else f"{definition.highest:g}"}
        raise Refused("at_least", message % values, "at_least")


def _check_days(claim: Claim) -> None:
    if claim.since > claim.until:
        message = _("The time ends on %(until)s, before it begins on %(since)s.")
        raise Refused("period_backwards", message % {"until": claim.until, "since": claim.since}, "until")
    if (claim.until - claim.since).days > MOST_DAYS or claim.since.year < 1900 or claim.judge_on.year > 2200:
        raise Refused("period_too_long", _("A hunch speaks of at most ten years."), "since")
    if claim.judge_on < claim.until:
        message = _("It would be judged on %(day)s, before its time ends on %(until)s. Choose that day or a later one.")
        raise Refused("judged_early", message % {"day": claim.judge_on, "until": claim.until}, "judge_on")


def _alike(claim: Claim) -> bool:
    return str(read_filter(claim.where) or "") == str(read_filter(claim.other) or "")


def _figure(metric: str, where: Filter | None, since: date, until: date) -> Result:
    rows = estimate(metric, where=where, since=since, until=until).rows
    return rows[0].result if rows else NoVerdict("no_answers", "Nobody has answered yet.")


def _written(result: Result) -> dict[str, Any]:
    if isinstance(result, Estimate):
        return {name: getattr(result, name) for name in ("estimate", "low", "high", "n", "method")}
    return {"why_not": result.message, "code": result.code, "n": result.n}
