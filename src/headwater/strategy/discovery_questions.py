"""What discovery asks each function and what it proposes: pure functions of the journey and its figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from headwater.base.figures import interval, measure
from headwater.insight.wording import listed, lower_first
from headwater.science.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from headwater.insight.causes import CauseFigures, CausesAnswer
    from headwater.journey.taxonomy import Cause, Department, Stage, Taxonomy

HALF: Final = 0.5
CAUSES_ASKED: Final = 3
YEARS: Final = (1, 1, 2, 2, 3)
"""The year of the strategy for each chosen cause in turn: the first ones first, and never all at once."""


@dataclass(frozen=True, slots=True)
class Question:
    """A prepared question to one department; ``key`` is stable, the words carry today's figures."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Function:
    """A department that delivers a part of the journey: at which stages, what it says it does there, what to ask it.

    ``ids`` are the journey's departments that the company keeps as one; ``department`` is the first of them.
    """

    department: Department
    ids: tuple[str, ...]
    stages: tuple[str, ...]
    does: tuple[str, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A cause that could be taken on. ``customers`` complained of it, ``hurt`` is their share of all customers in the
    record. ``contacts`` name it; half of it gone would spare half of both."""

    cause: Cause
    customers: int
    hurt: Result
    contacts: int
    share: Result
    departments: tuple[str, ...]
    stages: tuple[str, ...]
    change: str

    @property
    def spared(self) -> tuple[int, int, int] | None:
        """Customers spared by half of it (estimate, low, high); None without a verdict."""
        if not isinstance(self.hurt, Estimate):
            return None
        return tuple(round(HALF * value * self.hurt.n) for value in (self.hurt.estimate, self.hurt.low, self.hurt.high))  # type: ignore[return-value]

    @property
    def contacts_spared(self) -> int:
        return round(HALF * self.contacts)


def functions(known: Taxonomy, answer: CausesAnswer) -> tuple[Function, ...]:
    """The departments that deliver the journey, by what they contribute and what they can change, the most to change
    first; each with questions built from its causes and figures."""
    by_name: dict[str, list[Department]] = {}
    for department in known.departments:
        by_name.setdefault(department.name, []).append(department)
    found = [_function(known, same, answer) for same in by_name.values()]
    able = {one.department.id: sum(row.negatives for row in _own(one.ids, answer)) for one in found if one}
    return tuple(sorted((one for one in found if one), key=lambda one: (-able[one.department.id], one.department.name)))


def ranked(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Candidates by customers hurt, most first; of as many, the one behind more contacts."""
    return tuple(sorted(candidates, key=lambda one: (-one.customers, -one.contacts, one.cause.id)))


def outcome(candidate: Candidate, place: int, stages: Sequence[Stage], ends: date) -> dict[str, Any]:
    """A drafted outcome for the cause chosen in ``place``: who, what change, by when and how much are filled in.

    ``stages`` are those of the cause; ``ends`` is the day by which half of it should be gone.
    """
    share = candidate.share
    who = _("Customers")
    if stages:
        who = _("Customers at “%s”") % listed([stage.name for stage in stages[:2]])
    values = {"who": who, "cause": lower_first(candidate.cause.name), "day": ends.isoformat()}
    if isinstance(share, Estimate):
        values |= {"now": measure(share.estimate, "share"), "then": measure(HALF * share.estimate, "share")}
        text = _(
            "%(who)s complain half as often of “%(cause)s”: from %(now)s of all complaints to %(then)s by %(day)s."
        )
    else:
        text = _("%(who)s complain half as often of “%(cause)s” by %(day)s.")
    return {
        "year": YEARS[min(place, len(YEARS) - 1)],
        "text": text % values,
        "causes": [candidate.cause.id],
        "stages": [stage.id for stage in stages],
    }


def issue(candidate: Candidate) -> str:
    """The issue that hangs under the outcome of a cause, with its figure."""
    if not isinstance(candidate.hurt, Estimate):
        return candidate.cause.name
    return _("%(cause)s: %(n)s customers complained of it in a year (%(share)s of all, %(range)s)") % {
        "cause": candidate.cause.name,
        "n": measure(candidate.customers, "count"),
        "share": measure(candidate.hurt.estimate, "share"),
        "range": interval(candidate.hurt.low, candidate.hurt.high, "share"),
    }


def _function(known: Taxonomy, same: Sequence[Department], answer: CausesAnswer) -> Function | None:
    ids = tuple(department.id for department in same)
    contributions = [
        (moment.stage, one.does) for moment in known.moments for one in moment.contributions if one.department in ids
    ]
    mine = _own(ids, answer)
    stages = {stage for stage, _does in contributions} | {stage for row in mine for stage in row.cause.stages}
    if not stages and not mine:
        return None
    named = tuple(stage.name for stage in known.stages if stage.id in stages)
    questions = (*(_about(row) for row in mine[:CAUSES_ASKED]), *_always(named, mine, known, same[0].name))
    return Function(same[0], ids, named, tuple(dict.fromkeys(does for _stage, does in contributions)), questions)


def _about(row: CauseFigures) -> Question:
    values = {"cause": row.cause.name, "share": _share(row.share)}
    words = _(
        "“%(cause)s” is behind %(share)s of what customers complain of. What happens on your side when it occurs?"
    )
    return Question(f"cause:{row.cause.id}", words % values)


def _always(
    stages: tuple[str, ...], mine: Sequence[CauseFigures], known: Taxonomy, own_name: str
) -> tuple[Question, ...]:
    others = {known.department_name(one) for row in mine for one in row.cause.departments} - {own_name}
    place = listed([f"“{stage}”" for stage in stages[:3]])
    questions = [Question("unseen", _("At %s: what do you do for customers that they never see?") % place)]
    if mine:
        words = _("What would you need to halve “%(cause)s”?")
        if others:
            words = _("What would you need, from %(others)s too, to halve “%(cause)s”?")
        values = {"others": listed(sorted(others)[:3]), "cause": mine[0].cause.name}
        questions.append(Question(f"halve:{mine[0].cause.id}", words % values))
    questions.append(Question("promise", _("What do we promise customers that you cannot keep today?")))
    return tuple(questions)


def _own(ids: Sequence[str], answer: CausesAnswer) -> list[CauseFigures]:
    """The failures that these departments can change, the most complained of first."""
    return [row for row in answer.complaints if set(ids) & set(row.cause.departments)]


def _share(result: Result) -> str:
    if not isinstance(result, Estimate):
        return _("a part we cannot tell yet")
    return f"{measure(result.estimate, 'share')} ({interval(result.low, result.high, 'share')})"
