"""Employees beside customers: each team's health, eNPS and burn-out risk, never of a person and never of few."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from zlib import crc32

from django.utils.translation import gettext as _

from headwater.base.company import company
from headwater.base.models import Person
from headwater.base.refusals import NotFound, Refused
from headwater.insight.employees_beside import Beside, beside
from headwater.insight.employees_figures import (
    EmployeeMonth,
    amount_of,
    enps_of,
    item_of,
    published,
    reach_of,
    score_of,
)
from headwater.insight.employees_releases import Unit
from headwater.insight.employees_scores import ScoreDefinition, definition
from headwater.listening.employee_questions import AMOUNTS, COMMENT, PULSE
from headwater.record.questions.employees import ROOT
from headwater.science import Estimate, Result

Measure = Literal["health", "enps", "burnout"]
MEASURES: Final[tuple[Measure, ...]] = ("health", "enps", "burnout")
MONTHS_OF_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Team:
    """A unit in the month shown: its three scores, its questions and its amounts. ``depth`` 0 is the company."""

    unit: Unit
    depth: int
    scores: Mapping[Measure, Result]
    items: tuple[tuple[str, Result], ...]
    amounts: tuple[tuple[str, Result], ...]

    @property
    def is_shown(self) -> bool:
        """Whether anything of it may be shown."""
        return any(isinstance(one, Estimate) for one in self.scores.values()) or any(
            isinstance(one, Estimate) for _question, one in (*self.items, *self.amounts)
        )


@dataclass(frozen=True, slots=True)
class EmployeePoint:
    """One month of a series."""

    month: date
    result: Result


@dataclass(frozen=True, slots=True)
class Employees:
    """What is published, as one person may see it. ``withheld``: units in reach of which this month shows nothing."""

    month: date
    months: tuple[date, ...]
    measure: Measure
    unit: Unit
    teams: tuple[Team, ...]
    trend: tuple[EmployeePoint, ...]
    questions: tuple[str, ...]
    amounts: tuple[str, ...]
    words: tuple[str, ...]
    beside: Beside
    definitions: tuple[ScoreDefinition, ScoreDefinition]

    @property
    def whole(self) -> Team:
        return self.teams[0]

    @property
    def withheld(self) -> tuple[Team, ...]:
        return tuple(team for team in self.teams[1:] if not team.is_shown)

    def team(self, unit: str) -> Team:
        return next((team for team in self.teams if team.unit.id == unit), self.teams[0])


def employees(
    person: Person | None, *, month: date | None = None, measure: str = "", unit: str = ROOT
) -> Employees | None:
    """What this person may see of a month, by default the latest; None where nothing is published yet.

    Raises ``NotFound`` for a month or a unit that is not there for this person, ``Refused`` for an unknown measure.
    """
    months = published(person)
    if not months:
        return None
    chosen = _month(months, month)
    wanted = _measure(measure)
    health, burnout = definition("health"), definition("burnout")
    units = [Unit(ROOT, "", _company_name()), *chosen.units]
    here = next((one for one in units if one.id == unit), None)
    if here is None:
        raise NotFound("no_such_team", _("There is no department “%s” whose figures you may see.") % unit[:40], "unit")
    asked = _asked(chosen)
    questions = tuple(one for one in dict.fromkeys((*PULSE, *sorted(asked))) if one in asked)
    amounts = tuple(one for one in AMOUNTS if any(one in past.asked for past in months))
    upto = [past for past in months if past.month <= chosen.month]
    scores = {one.id: {past.month: _score(past, one.id, wanted, health, burnout) for past in upto} for one in units}
    teams = tuple(
        Team(
            one,
            _depth(one, units),
            {name: _score(chosen, one.id, name, health, burnout) for name in MEASURES},
            tuple((question, item_of(chosen, one.id, question)) for question in questions),
            tuple((amount, amount_of(upto, one.id, amount)) for amount in amounts),
        )
        for one in units
    )
    return Employees(
        chosen.month,
        tuple(past.month for past in months),
        wanted,
        here,
        teams,
        tuple(EmployeePoint(past.month, scores[unit][past.month]) for past in upto),
        questions,
        amounts,
        _words(upto[-MONTHS_OF_WORDS:], here.id),
        beside(here.id, [past.month for past in upto], scores),
        (health, burnout),
    )


def sees_all(person: Person | None) -> bool:
    """Whether this person's reach is the whole company."""
    return reach_of(person) is None


def _asked(month: EmployeeMonth) -> frozenset[str]:
    return frozenset(name for name, kind in month.kinds.items() if kind == "pulse" and name != COMMENT)


def _score(
    month: EmployeeMonth, unit: str, measure: Measure, health: ScoreDefinition, burnout: ScoreDefinition
) -> Result:
    if measure == "enps":
        return enps_of(month, unit)
    return score_of(month, unit, health if measure == "health" else burnout)


def _month(months: tuple[EmployeeMonth, ...], wanted: date | None) -> EmployeeMonth:
    if wanted is None:
        return months[-1]
    found = next((one for one in months if one.month == wanted.replace(day=1)), None)
    if found is None:
        raise NotFound("no_such_month", _("Nothing is published of %s.") % wanted.strftime("%Y-%m"), "month")
    return found


def _measure(text: str) -> Measure:
    if text and text not in MEASURES:
        message = _("“%(given)s” is no measure; choose %(known)s.")
        raise Refused("no_such_measure", message % {"given": text[:40], "known": ", ".join(MEASURES)}, "measure")
    return text or "health"


def _depth(unit: Unit, units: list[Unit]) -> int:
    above = {one.id: one.above for one in units if one.id != ROOT}
    depth, place = 0, unit.id
    while place != ROOT and depth < len(units):
        depth, place = depth + 1, above.get(place, ROOT)
    return depth


def _words(months: list[EmployeeMonth], unit: str) -> tuple[str, ...]:
    """The comments of a unit and those below it, of several months, in an order that says nothing of either."""
    above = {one.id: one.above for month in months for one in month.units}

    def is_inside(one: str) -> bool:
        place = one
        while place != ROOT and place != unit:
            place = above.get(place, ROOT)
        return place == unit

    said = [text for month in months for one, words in month.words.items() if is_inside(one) for text in words]
    return tuple(sorted(said, key=lambda text: (crc32(text.encode()), text)))


def _company_name() -> str:
    ours = company()
    return ours.name if ours is not None else _("The company")
