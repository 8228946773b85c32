"""The one gate: employees' figures of a person's reach, from what was published and nothing else.

Pages, exports, charts and programs all read :func:`published`. It narrows what was published to the smallest group in
force now, leaves absence out without a privacy assessment, and shows each person the same figures, only of fewer units.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from django.utils.translation import gettext as _

from headwater import science
from headwater.base.departments import departments_of
from headwater.base.models import Person
from headwater.base.permissions import require, widest_scope
from headwater.insight.employees_releases import Unit, cells_of
from headwater.insight.employees_scores import ScoreDefinition
from headwater.insight.models import EmployeeRelease
from headwater.listening.employee_privacy import assessment, rules
from headwater.listening.employee_questions import ENPS
from headwater.record.questions import TeamCell
from headwater.record.questions.employees import ROOT, tree_of
from headwater.science import Estimate, NoVerdict, Part, People, Result

Why = Literal["withheld", "not_asked"]
SCALE: Final = (0.0, 100.0)
ENPS_SCALE: Final = (0.0, 10.0)
MONTHS_OF_AMOUNTS: Final = 12
FEWEST_MONTHS: Final = 6


@dataclass(frozen=True, slots=True)
class EmployeeMonth:
    """A published month. ``cells`` maps a question to the cells of the units in reach; ``asked`` are all questions."""

    month: date
    units: tuple[Unit, ...]
    kinds: Mapping[str, str]
    cells: Mapping[str, Mapping[str, TeamCell]]
    words: Mapping[str, tuple[str, ...]]

    @property
    def asked(self) -> frozenset[str]:
        return frozenset(self.kinds)

    def of(self, unit: str) -> dict[str, TeamCell]:
        """Every question's cell of a unit, where it may be shown."""
        return {metric: cells[unit] for metric, cells in self.cells.items() if unit in cells}


def published(person: Person | None) -> tuple[EmployeeMonth, ...]:
    """Every published month as this person may see it, oldest first."""
    require(person, "view", "employee_signals", words_of="own")
    reach, minimum, absence = reach_of(person), rules().minimum, assessment() is not None
    may_read = widest_scope(person, "read", "employee_signals") == "company"
    return tuple(
        _month(row, reach, minimum, absence=absence, may_read=may_read) for row in EmployeeRelease.objects.all()
    )


def reach_of(person: Person | None) -> frozenset[str] | None:
    """The units whose figures this person may see besides the company's; None for all of them."""
    scope = widest_scope(person, "view", "employee_signals")
    if scope == "company" or person is None:
        return None
    if scope == "department":
        return frozenset(str(one) for one in departments_of(person))
    return frozenset({str(person.department_id)} if person.department_id else ())


def _month(
    row: EmployeeRelease, reach: frozenset[str] | None, minimum: int, *, absence: bool, may_read: bool
) -> EmployeeMonth:
    units = tuple(Unit(*one) for one in row.units)
    tree = tree_of((one.id, one.above) for one in units)
    kept = {name: one for name, one in row.figures.items() if absence or one["kind"] != "absence"}
    cells = {name: narrowed(tree, cells_of(one), minimum, row.minimum) for name, one in kept.items()}
    visible = {
        name: {unit: cell for unit, cell in found.items() if reach is None or unit in reach or unit == ROOT}
        for name, found in cells.items()
    }
    words = {unit: tuple(said) for unit, said in row.words.items() if may_read and len(said) >= minimum}
    kinds = {name: one["kind"] for name, one in kept.items()}
    in_reach = tuple(one for one in units if reach is None or one.id in reach)
    return EmployeeMonth(row.month, in_reach, kinds, visible, words)


def narrowed(
    tree: Mapping[str, str | None], cells: Mapping[str, TeamCell], minimum: int, was: int
) -> dict[str, TeamCell]:
    """What may be shown of a question when the smallest group grew since it was published."""
    if minimum <= was:
        return dict(cells)
    rests = {unit: cell.n for unit, cell in cells.items()}
    nearest = science.rests_of(tree, cells)
    for unit in cells:
        above = tree[unit]
        if above is not None and above in nearest:
            rests[nearest[above]] -= cells[unit].n
    people = {unit: People(n) for unit, n in rests.items()}
    shown = science.publishable(tree, people, minimum, hidden=set(tree) - set(cells))
    return {unit: cell for unit, cell in cells.items() if unit in shown}


# --- from cells to figures


def enps_of(month: EmployeeMonth, unit: str) -> Result:
    """The eNPS in -100…100."""
    cell = month.of(unit).get(ENPS)
    if cell is None:
        return _nothing(ENPS in month.asked)
    found = science.nps(cell.top, cell.n - cell.top - cell.low, cell.low)
    if isinstance(found, NoVerdict):
        return found
    return Estimate(100 * found.estimate, 100 * found.low, 100 * found.high, found.n, found.method, found.assumptions)


def score_of(month: EmployeeMonth, unit: str, definition: ScoreDefinition) -> Result:
    """A score in 0…100, where all of its questions were asked and may be shown."""
    cells = month.of(unit)
    missing = [one.question for one in definition.items if one.question not in cells]
    if missing:
        return _nothing(all(one in month.asked for one in missing))
    parts = []
    for item in definition.items:
        cell = cells[item.question]
        limits = ENPS_SCALE if item.question == ENPS else SCALE
        parts.append(Part(item.weight, cell.n, cell.total, cell.squares, limits, item.reversed))
    return science.composite(parts)


def item_of(month: EmployeeMonth, unit: str, question: str) -> Result:
    """The mean answer to a question, in 0…100; of the eNPS question in 0…10."""
    cell = month.of(unit).get(question)
    if cell is None:
        return _nothing(question in month.asked)
    return science.mean_of_sums(cell.n, cell.total, cell.squares, limits=ENPS_SCALE if question == ENPS else SCALE)


def amount_of(months: Sequence[EmployeeMonth], unit: str, amount: str) -> Result:
    """An amount per person and month over the last published year; the months are what it varies over."""
    last = [one.of(unit)[amount] for one in months[-MONTHS_OF_AMOUNTS:] if amount in one.of(unit)]
    if len(last) < FEWEST_MONTHS:
        people = last[-1].n if last else 0
        if not last:
            return _nothing(any(amount in one.asked for one in months))
        return NoVerdict("few_months", _("Fewer than %d months.") % FEWEST_MONTHS, people)
    found = science.ratio([cell.total for cell in last], [cell.n for cell in last])
    if isinstance(found, NoVerdict):
        return found
    people = round(sum(cell.n for cell in last) / len(last))
    assumed = (*found.assumptions, _("months are independent of each other"))
    return Estimate(found.estimate, max(0.0, found.low), found.high, people, found.method, assumed)


def _nothing(asked: bool) -> NoVerdict:
    if asked:
        return NoVerdict("withheld", _("Withheld: too few people, or they could be told apart."))
    return NoVerdict("not_asked", _("Not asked."))
