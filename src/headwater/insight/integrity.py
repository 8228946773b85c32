"""Score integrity: whether scores look begged for, by agent and by branch, and what hangs on them.

Honest units differ, so their spread is estimated and allowed for, and the share of false findings is held down
(:func:`headwater.science.screen`). What stands out is a reason to look at the incentive, not a proof. Everybody who
sees the company's figures sees how many stand out and never who: a colleague's pattern is shown to the colleague, and
to their manager once somebody has looked at what hangs on the score.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import headwater.science as hs
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound
from headwater.insight.integrity_agents import agents_of, manager_of, people_of
from headwater.insight.integrity_incentives import review_of
from headwater.insight.response import WAIT
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.estimates import definition_of
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import Invited, Span, Sums
from headwater.science.integrity import Screened
from headwater.science.results import NoVerdict, Result

By = Literal["agent", "branch"]
WEEKS: Final = 26
FALSE_DISCOVERIES: Final[Mapping[By, float]] = {"agent": 0.05, "branch": 0.1}
"""People are named less lightly than places."""
PLACE: Final = 5
"""A branch of fewer agents than that is its people, and is not named."""


@dataclass(frozen=True, slots=True)
class Screening:
    """The units of one metric in the last half year, and which of them stand out.

    ``verdict`` says why nothing was screened, where nothing was. ``asked_known``: invitations are in the record.
    """

    metric: MetricDefinition
    by: By
    since: date | None
    until: date | None
    units: Mapping[str, hs.Unit]
    screen: hs.Screen | None
    verdict: NoVerdict | None
    asked_known: bool

    @property
    def standing_out(self) -> tuple[Screened, ...]:
        return tuple(one for one in self.screen.units if one.stands_out) if self.screen else ()

    @property
    def tested(self) -> int:
        """How many units have answers enough to be judged."""
        return sum(one.p_value == one.p_value for one in self.screen.units) if self.screen else 0

    def unit(self, name: str) -> Screened | None:
        """One unit's figures; None where it has none or nothing was screened."""
        return next((one for one in self.screen.units if one.name == name), None) if self.screen else None

    def whole(self) -> tuple[Result, Result]:
        """Response rate and share of top scores of all units together."""
        asked = [unit.asked for unit in self.units.values()]
        answered = sum(unit.answered for unit in self.units.values())
        top = sum(unit.top for unit in self.units.values())
        if not self.asked_known:
            return NoVerdict("asked_unknown", "Nobody knows how many were asked."), hs.proportion(top, answered)
        return hs.proportion(answered, sum(one or 0 for one in asked)), hs.proportion(top, answered)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A colleague's own figures under one name in the data, beside those of all."""

    metric: str
    person: Person
    agent: str
    figures: Screened
    unit: hs.Unit
    response_of_all: Result
    top_of_all: Result
    weeks: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Integrity:
    """What everybody sees who sees the company's figures: how many stand out, of agents without any name.

    ``branches`` are named where at least five agents answer there; ``unnamed_branches`` stand out and are smaller.
    """

    metric: MetricDefinition
    agents: Screening
    branches: Screening
    named_branches: tuple[Screened, ...]
    unnamed_branches: int
    nobody: int


def integrity(person: Person | None, metric: str) -> Integrity:
    """The company's picture of one metric, without the name of any colleague."""
    require(person, "view", "integrity")
    agents, branches = screening(metric, "agent"), screening(metric, "branch")
    sizes = _agents_by_branch(branches)
    named = [one for one in (branches.screen.units if branches.screen else ()) if sizes.get(one.name, 0) >= PLACE]
    hidden = [one for one in branches.standing_out if sizes.get(one.name, 0) < PLACE]
    known = people_of(agents.units)
    nobody = sum(agent not in known for agent in agents.units)
    ordered = tuple(sorted(named, key=lambda one: (not one.stands_out, one.name)))
    return Integrity(agents.metric, agents, branches, ordered, len(hidden), nobody)


def own_patterns(person: Person, metric: str) -> tuple[Pattern, ...]:
    """A colleague's own figures, whether they stand out or not."""
    require(person, "view", "integrity", words_of="own")
    return _patterns(person, screening(metric, "agent"))


def patterns_led(manager: Person, metric: str) -> tuple[Pattern, ...]:
    """The patterns of those who report to this person: of those who stand out only, and nothing before somebody has
    looked at what hangs on the score."""
    require(manager, "view", "integrity", words_of="own")
    if review_of(metric) is None:
        return ()
    found = screening(metric, "agent")
    known = people_of(found.units)
    names = {one.name for one in found.standing_out}
    led = {who.pk: who for agent, who in known.items() if agent in names and manager_of(who) == manager}
    return tuple(
        pattern
        for who in sorted(led.values(), key=lambda one: one.name)
        for pattern in _patterns(who, found)
        if pattern.figures.stands_out
    )


def pattern_shown(viewer: Person, person_id: int, metric: str) -> tuple[Pattern, ...]:
    """A colleague's patterns as their manager sees them; to everybody else, whatever their role, there is nothing."""
    found = tuple(one for one in patterns_led(viewer, metric) if one.person.pk == person_id)
    if not found:
        raise NotFound("pattern_unknown", "There is nothing to show here.")
    return found


def leads_anybody(person: Person) -> bool:
    """Whether anybody reports to this person."""
    reports = Person.objects.filter(is_active=True)
    return (
        reports.filter(manager=person).exists()
        or reports.filter(manager=None, department__head=person).exclude(pk=person.pk).exists()
    )


def screening(metric: str, by: By) -> Screening:
    """Screen the agents or branches of the last 26 full weeks that had time for their answers."""
    definition = definition_of(metric)
    last = company_record().ask(Span()).last_day
    if last is None or not definition.scored:
        nothing = NoVerdict("no_answers", "Nobody has answered yet.")
        return Screening(definition, by, None, None, {}, None, nothing, False)
    until = last - timedelta(days=WAIT)
    until -= timedelta(days=until.isoweekday() % 7)
    since = until - timedelta(days=7 * WEEKS - 1)
    rows, asked_known = _counted(definition, f"attribute:{by}", since, until)
    units = _units(rows, _weeks(since), asked_known=asked_known)
    found = hs.screen(units, q=FALSE_DISCOVERIES[by]) if units else NoVerdict("no_units", "No answer names one.")
    if isinstance(found, NoVerdict):
        return Screening(definition, by, since, until, units, None, found, asked_known)
    return Screening(definition, by, since, until, units, found, None, asked_known)


@dataclass(frozen=True, slots=True)
class _Week:
    unit: str
    week: str
    asked: int
    answered: int
    top: int


def _counted(definition: MetricDefinition, unit: str, since: date, until: date) -> tuple[list[_Week], bool]:
    """What each unit had by week: from invitations, else from the answers alone."""
    where = parse(f"{unit} is not null")
    record = company_record()
    invited = record.ask(Invited((unit, "week"), where, since, until, definition.name, WAIT))
    if invited:
        return [
            _Week(str(row.group[unit]), str(row.group["week"]), row.asked, row.scored, row.top) for row in invited
        ], True
    answered = record.ask(Sums((unit, "week"), where, since, until, definition.name)).rows
    return [_Week(str(row.group[unit]), str(row.group["week"]), 0, row.scored, row.top) for row in answered], False


def _units(rows: Iterable[_Week], weeks: tuple[date, ...], *, asked_known: bool) -> dict[str, hs.Unit]:
    place = {week.isoformat(): number for number, week in enumerate(weeks)}
    asked: dict[str, int] = defaultdict(int)
    answered: dict[str, int] = defaultdict(int)
    tops: dict[str, list[int]] = defaultdict(lambda: [0] * len(weeks))
    for row in rows:
        asked[row.unit] += row.asked
        answered[row.unit] += row.answered
        if row.week in place:
            tops[row.unit][place[row.week]] += row.top
    return {
        name: hs.Unit(asked[name] if asked_known else None, answered[name], sum(tops[name]), tuple(tops[name]))
        for name in sorted(asked)
    }


def _weeks(since: date) -> tuple[date, ...]:
    return tuple(since + timedelta(days=7 * number) for number in range(WEEKS))


def _patterns(person: Person, found: Screening) -> tuple[Pattern, ...]:
    if found.since is None:
        return ()
    response, top = found.whole()
    weeks = _weeks(found.since)
    names = {agent: name for agent in agents_of(person) for name in found.units if name.casefold() == agent.casefold()}
    shown = ((name, found.unit(name)) for name in names.values())
    return tuple(
        Pattern(found.metric.name, person, name, figures, found.units[name], response, top, weeks)
        for name, figures in shown
        if figures is not None
    )


def _agents_by_branch(found: Screening) -> dict[str, int]:
    """How many agents are named in the answers or invitations of each branch."""
    if not found.units or found.since is None:
        return {}
    by = ("attribute:branch", "attribute:agent")
    where = parse("attribute:branch is not null and attribute:agent is not null")
    record = company_record()
    rows: Iterable[Mapping[str, str | None]]
    if found.asked_known:
        rows = [row.group for row in record.ask(Invited(by, where, found.since, found.until, found.metric.name, WAIT))]
    else:
        rows = [row.group for row in record.ask(Sums(by, where, found.since, found.until, found.metric.name)).rows]
    agents: dict[str, set[str]] = defaultdict(set)
    for group in rows:
        agents[str(group[by[0]])].add(str(group[by[1]]))
    return {branch: len(names) for branch, names in agents.items()}
