"""Meaningful for everyone: each department and level sees what it does for which outcome."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.strategy.check.finding import Finding, Place
from headwater.strategy.facts import ContributionFacts, DepartmentFacts, StrategyFacts

RULE = "meaningful"


@dataclass(frozen=True, slots=True)
class Line:
    """A department's row of the matrix: for each outcome what it contributes to, in the outcomes' order."""

    department: DepartmentFacts
    cells: tuple[tuple[ContributionFacts, ...], ...]

    @property
    def is_blank(self) -> bool:
        return not any(self.cells)


def matrix(facts: StrategyFacts) -> tuple[Line, ...]:
    """Departments × outcomes, filled from what departments do at the outcomes' moments.

    What a department does counts for those below it, and for those above it that it is part of.
    """
    departments = facts.departments or ()
    by_department = _contributions(facts, departments)
    family = {department.id: _family(department.id, departments) for department in departments}
    lines = []
    for department in departments:
        own = [one for member in family[department.id] for one in by_department.get(member, ())]
        cells = tuple(
            tuple(one for one in own if one.moment in facts.moments_of(outcome)) for outcome in facts.strategy.outcomes
        )
        lines.append(Line(department, cells))
    return tuple(lines)


def reached_departments(facts: StrategyFacts) -> frozenset[str]:
    """The departments that see their way to at least one outcome."""
    return frozenset(line.department.id for line in matrix(facts) if not line.is_blank)


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Departments, then levels, without a line of sight to any outcome."""
    reached = reached_departments(facts)
    return (*_departments(facts, reached), *_levels(facts, reached))


def _departments(facts: StrategyFacts, reached: frozenset[str]) -> Iterator[Finding]:
    for department in facts.departments or ():
        if department.id in reached:
            continue
        people = ngettext("%d person", "%d people", department.people) % department.people
        evidence = _("Nobody in %(name)s (%(people)s) can see what they do for any outcome.") % {
            "name": department.name,
            "people": people,
        }
        mend = _("Say at one moment of the journey what this department does there, in one sentence.")
        yield Finding(RULE, Place("department", department.id, department.name), evidence, mend)


def _levels(facts: StrategyFacts, reached: frozenset[str]) -> Iterator[Finding]:
    for level in facts.levels:
        inside = sum(people for department, people in level.people.items() if department in reached)
        if inside or not level.size:
            continue
        evidence = _(
            "No one of the %(people)d people at the level “%(name)s” is in a department that reaches an outcome."
        )
        mend = _("Put them into a department, or say what their departments do at a moment of the journey.")
        shown = evidence % {"people": level.size, "name": level.name}
        yield Finding(RULE, Place("level", level.name, level.name), shown, mend)


def _contributions(
    facts: StrategyFacts, departments: tuple[DepartmentFacts, ...]
) -> Mapping[str, tuple[ContributionFacts, ...]]:
    """What each department of the company does: contributions name the journey's departments."""
    return {
        department.id: tuple(one for one in facts.contributions or () if one.department in department.known_as)
        for department in departments
    }


def _family(department: str, departments: tuple[DepartmentFacts, ...]) -> list[str]:
    """The department, those above it and those below it."""
    parents = {one.id: one.parent for one in departments}
    above = _above(department, parents)
    below = [one for one in parents if one != department and department in _above(one, parents)]
    return [department, *above, *below]


def _above(department: str, parents: Mapping[str, str | None]) -> list[str]:
    found: list[str] = []
    parent = parents.get(department)
    while parent is not None and parent not in found and parent != department:
        found.append(parent)
        parent = parents.get(parent)
    return found
