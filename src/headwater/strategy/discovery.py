"""Discovery: observe what happens to customers, discuss it with the functions that deliver, learn what would help most.

Three steps fill in from the record and end with a drafted strategy. One path is walked at a time, by several people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.departments import departments_of
from headwater.base.history import record_history
from headwater.base.models import Department, Person
from headwater.base.permissions import NotAllowed, allows, require
from headwater.base.refusals import Conflict, Refused
from headwater.insight.causes import SAID, causes
from headwater.insight.demand import demand
from headwater.insight.forest import Forest, forest
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, every, parse
from headwater.record.questions import Span, Sums
from headwater.science.results import Result
from headwater.strategy import discovery_questions as asked
from headwater.strategy import drafting
from headwater.strategy.discovery_questions import Candidate, Function
from headwater.strategy.models import Discovery, DiscoveryAnswer
from headwater.strategy.strategies import current, draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headwater.journey.taxonomy import Taxonomy

DAYS: Final = 365
CANDIDATES: Final = 10
MOST_CHOSEN: Final = 5
TEXT_LENGTH: Final = 3_000
ANSWERS: Final = 2_000
Step = Discovery.Step


@dataclass(frozen=True, slots=True)
class Observed:
    """What the first step shows: the last twelve months of the record."""

    forest: Forest
    selection: Selection

    @property
    def is_empty(self) -> bool:
        return not self.forest.span.signals


def going_on() -> Discovery | None:
    """The path that is being walked; None while nobody walks one."""
    return Discovery.objects.filter(drafted_at=None).first()


def finished() -> Discovery | None:
    """The last path that ended with a draft."""
    return Discovery.objects.exclude(drafted_at=None).first()


def start(person: Person | None) -> Discovery:
    """Begin a path; while one is being walked, that one is joined."""
    require(person, "edit", "strategy")
    existing = going_on()
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            row = Discovery.objects.create(started_by=person)
            record_history(person, "discovery.started", f"discovery:{row.pk}", {})
    except IntegrityError:  # someone else began at the same moment
        return Discovery.objects.get(drafted_at=None)
    return row


def observed() -> Observed:
    """What happened to customers in the last twelve months: volume, score, causes by stage."""
    selection = last_year()
    return Observed(forest(selection), selection)


def functions() -> tuple[Function, ...]:
    """The functions that deliver the journey, with prepared questions."""
    return asked.functions(taxonomy(), causes(last_year()))


def candidates() -> tuple[Candidate, ...]:
    """The failures that could be taken on, by customers hurt."""
    selection, known = last_year(), taxonomy()
    answer = causes(selection, trends=True)
    rows = answer.complaints[: 3 * CANDIDATES]
    hurt = _hurt(selection, known, [row.cause.id for row in rows])
    contacts = {one.cause.id: round(one.contacts) for one in demand(selection).causes}
    found = [
        Candidate(
            cause=row.cause,
            customers=hurt[row.cause.id][0],
            hurt=hurt[row.cause.id][1],
            contacts=contacts.get(row.cause.id, 0),
            share=row.share,
            departments=row.departments,
            stages=row.cause.stages,
            change=row.change,
        )
        for row in rows
    ]
    return asked.ranked(found)[:CANDIDATES]


def answers(row: Discovery) -> dict[tuple[str, str], list[DiscoveryAnswer]]:
    """Every answer by (department, question), the latest first."""
    found: dict[tuple[str, str], list[DiscoveryAnswer]] = {}
    for one in row.answers.select_related("answered_by"):
        found.setdefault((one.department, one.question), []).append(one)
    return found


def may_answer(person: Person | None, department: str) -> bool:
    """Who edits the strategy answers for anyone; a person of a department for that department."""
    if allows(person, "edit", "strategy") or person is None:
        return True
    if person.token_scopes is not None or not allows(person, "view", "strategy"):
        return False
    rows = Department.objects.filter(pk__in=departments_of(person))
    ours = {name for one in rows for name in one.pack_departments}
    return department in ours or any(ours & set(one.ids) for one in functions() if one.department.id == department)


def give_answer(
    person: Person | None, department: str, question: str, text: str, *, said_by: str = ""
) -> DiscoveryAnswer:
    """Keep an answer to a prepared question, or a note on the whole (no department). The same words twice are one."""
    if not may_answer(person, department):
        raise NotAllowed("not_allowed", _("You answer for your own department; who edits the strategy for any."))
    text, said_by = text.strip(), " ".join(said_by.split())[:120]
    if not text or len(text) > TEXT_LENGTH or "\x00" in text + said_by:
        raise Refused("answer_text", _("Write the answer in 1 to %d characters.") % TEXT_LENGTH, "text")
    words = _asked(department, question)
    with transaction.atomic():
        row = _open(lock=True)
        latest = row.answers.filter(department=department, question=question).first()
        if latest is not None and (latest.text, latest.said_by) == (text, said_by):
            return latest
        if row.answers.count() >= ANSWERS:
            raise Refused("too_many_answers", _("%d answers are kept already.") % ANSWERS)
        kept = DiscoveryAnswer.objects.create(
            discovery=row,
            department=department,
            question=question,
            asked=words,
            text=text,
            said_by=said_by,
            answered_by=person,
        )
        _reach(row, Step.DISCUSS if department else Step.OBSERVE)
        data = {"department": taxonomy().department_name(department) if department else _("the whole")}
        record_history(person, "discovery.answered", f"discovery:{row.pk}", data)
    return kept


def choose(person: Person | None, chosen: Sequence[str]) -> Discovery:
    """Choose the causes to take on, the most important first."""
    require(person, "edit", "strategy")
    chosen = list(dict.fromkeys(chosen))
    known = {cause.id: cause.name for cause in taxonomy().active_causes}
    unknown = [one for one in chosen if one not in known]
    if unknown:
        raise Refused("cause_unknown", _("There is no cause “%s” in the journey.") % unknown[0][:60], "chosen")
    if len(chosen) > MOST_CHOSEN:
        message = _("%(given)d causes are chosen; take on %(most)d at most, or none will be done.")
        raise Refused("too_many_causes", message % {"given": len(chosen), "most": MOST_CHOSEN}, "chosen")
    with transaction.atomic():
        row = _open(lock=True)
        if row.chosen != chosen:
            row.chosen = chosen
            _reach(row, Step.LEARN)
            row.save(update_fields=["chosen", "step"])
            names = ", ".join(known[one] for one in chosen) or _("nothing")
            record_history(person, "discovery.chosen", f"discovery:{row.pk}", {"names": names})
    return row


def draft_strategy(person: Person | None) -> Discovery:
    """End the path: propose an outcome and an issue for each chosen cause in the strategy's draft, to be edited.

    A cause that an outcome of the draft has already gets no second one.
    """
    require(person, "edit", "strategy")
    by_cause = {one.cause.id: one for one in candidates()}
    with transaction.atomic():
        row = _open(lock=True)
        wanted = [by_cause[one] for one in row.chosen if one in by_cause]
        if not wanted:
            raise Refused("nothing_chosen", _("Choose at least one cause to take on first."), "chosen")
        written = _written_causes()
        for place, candidate in enumerate(wanted):
            if candidate.cause.id not in written:
                _propose(person, candidate, place)
        row.drafted_by, row.drafted_at = person, timezone.now()
        row.save(update_fields=["drafted_by", "drafted_at"])
        record_history(person, "discovery.drafted", f"discovery:{row.pk}", {"causes": len(wanted)})
    return row


def last_year() -> Selection:
    """The last twelve months of the record."""
    span = company_record().ask(Span())
    return Selection().last(DAYS, span.last_day) if span.last_day else Selection()


def clear() -> None:
    """Forget every path; run when the sample company is cleared."""
    Discovery.objects.all().delete()


def _hurt(selection: Selection, known: Taxonomy, wanted: Sequence[str]) -> dict[str, tuple[int, Result]]:
    """Distinct customers who complained of each cause, and their share of all customers in the record.

    Signals without a customer cannot be told apart and are left out of both. Each customer counts once, so the
    interval is Wilson's of a share, by customer bucket.
    """
    record = company_record()
    someone = parse("customer_id is not null")
    said = every(someone, Filter(Among(Term("text", "kind"), SAID)), parse("negative"))
    by = Sums(("cause", "bucket"), said, selection.since, selection.until, customers=True)
    everyone = Sums(("bucket",), someone, selection.since, selection.until, customers=True)
    whole = np.zeros(BUCKETS)
    for row in record.ask(everyone).rows:
        whole[int(row.group["bucket"] or 0)] += row.customers or 0
    counts = {cause: np.zeros(BUCKETS) for cause in wanted}
    for row in record.ask(by).rows:
        cause = known.resolve(row.group["cause"] or "")
        if cause in counts:
            counts[cause][int(row.group["bucket"] or 0)] += row.customers or 0
    capped = np.minimum(np.array(list(counts.values())).reshape(-1, BUCKETS), whole)
    results = shares(capped, np.tile(whole, (len(counts), 1)))
    return {cause: (round(hits.sum()), result) for cause, hits, result in zip(counts, capped, results, strict=True)}


def _open(*, lock: bool = False) -> Discovery:
    rows = Discovery.objects.select_for_update() if lock else Discovery.objects
    row = rows.filter(drafted_at=None).first()
    if row is None:
        raise Conflict("no_discovery", _("Nobody is on the path of discovery now. Start it first."))
    return row


def _reach(row: Discovery, step: str) -> None:
    order = list(Step.values)
    if step in order and order.index(step) > order.index(row.step):
        row.step = step
        row.save(update_fields=["step"])


def _asked(department: str, question: str) -> str:
    """The words of a prepared question; refuses one that is not asked of this department."""
    if not department and question == "note":
        return ""
    for function in functions():
        for one in function.questions:
            if (function.department.id, one.key) == (department, question):
                return one.text
    raise Refused("question_unknown", _("This question is not asked of this department. Reload the page."), "question")


def _written_causes() -> frozenset[str]:
    now = draft()
    strategy = now.strategy if now else current()
    return frozenset(cause for outcome in strategy.outcomes for cause in outcome.causes)


def _propose(person: Person | None, candidate: Candidate, place: int) -> None:
    known = taxonomy()
    stages = [stage for stage in known.stages if stage.id in candidate.stages]
    year = asked.YEARS[min(place, len(asked.YEARS) - 1)]
    ends = _in_years(timezone.localdate(), year)
    added = drafting.add_item(person, "outcome", asked.outcome(candidate, place, stages, ends))
    values = {"text": asked.issue(candidate), "causes": [candidate.cause.id], "outcome": added.id}
    drafting.add_item(person, "issue", values)


def _in_years(today: date, years: int) -> date:
    """The last day of the month in so many years."""
    first = date(today.year + years, today.month, 1)
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
