"""The questions about colleagues' signals. Their answers hold what may be published, and nothing else.

A month is asked for as a whole: every unit of a fixed tree, every question. What may be shown is decided here, before
the answer leaves the record (``science.publishable``): no group of fewer people than the minimum, none in which all
answer the same, and none that follows from the others by subtraction. Nobody can ask for another group.

A month that was published before is published anew only where the difference between the two is safe as well.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

import pyarrow as pa
from sqlglot import exp

from headwater.record.questions.question import Known, Question
from headwater.record.views import literal
from headwater.science import People, publishable, rests_of

MINIMUM = 5
"""No group of fewer people is ever given out; a caller may ask for more, never for less."""
ROOT = ""
"""The unit of everybody: all others are below it, and so is whoever belongs to none of them."""
TABLE = "employee_signals"


@dataclass(frozen=True, slots=True)
class TeamCell:
    """One question in one unit, over everybody in and below it: how many people, the sum of what they answered, the sum
    of its squares, and how many answers are low and top. For an amount ``total`` is the amount."""

    n: int
    total: float
    squares: float = 0.0
    low: int = 0
    top: int = 0


@dataclass(frozen=True, slots=True)
class Published:
    """A question of a month as it was published before: its cells, and the last arrival that they hold."""

    metric: str
    cells: tuple[tuple[str, TeamCell], ...]
    arrival: int


@dataclass(frozen=True, slots=True)
class TeamRelease:
    """A question of a month as it may be published: a cell for each unit that may be shown."""

    metric: str
    kind: str
    cells: tuple[tuple[str, TeamCell], ...]
    arrival: int


@dataclass(frozen=True, slots=True)
class TeamFigures(Question[tuple[TeamRelease, ...]]):
    """Every question of a month, in the units of a tree that may be shown.

    Args:
        month: its first day.
        units: pairs of a unit and the one it is part of, ``ROOT`` for those at the top.
        minimum: fewest people in a group, at least ``MINIMUM``.
        kinds: the kinds of signals to answer.
        before: what was published of this month. A question of it comes again only where it changed, and where every
            rest that was published changed for nobody or for at least ``minimum`` people; units that were left out
            then stay out.
    """

    month: date
    units: tuple[tuple[str, str], ...]
    minimum: int = MINIMUM
    kinds: tuple[str, ...] = ("pulse",)
    before: tuple[Published, ...] = ()

    def query(self, known: Known) -> exp.Select:
        score, band = exp.column("score"), exp.column("score_band")
        one = exp.Literal.number(1)
        people = exp.func("coalesce", exp.column("people"), one)
        # Whoever recommends says the same as another who does: what counts of an eNPS answer is its band.
        said = exp.case().when(band.is_(exp.null()), score).else_(exp.cast(band.copy(), "double"))

        def count(test: exp.Condition) -> exp.Expr:
            return exp.func("count", exp.case().when(test, one.copy()))

        columns = {
            "n": exp.cast(exp.func("sum", people), "bigint"),
            "total": exp.func("sum", score.copy()),
            "squares": exp.func("sum", exp.Mul(this=score.copy(), expression=score.copy())),
            "low": count(band.copy().eq(exp.Literal.number(-1))),
            "top": count(band.copy().eq(one.copy())),
            "lowest": exp.func("min", said),
            "highest": exp.func("max", said.copy()),
            "arrival": exp.func("coalesce", exp.column("arrival"), exp.Literal.number(0)),
        }
        sums = [value.as_(name) for name, value in columns.items()]
        return (
            exp.select("kind", "metric", "department", *sums)
            .from_(TABLE)
            .where(
                exp.column("local_date").eq(literal(self.month)),
                exp.column("kind").isin(*(literal(kind) for kind in self.kinds)),
                exp.not_(score.copy().is_(exp.null())),
            )
            .group_by("kind", "metric", "department", columns["arrival"].copy())
            .order_by("kind", "metric", "department", "arrival")
        )

    def answer(self, rows: pa.Table) -> tuple[TeamRelease, ...]:
        found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in rows.to_pylist():
            found[row["kind"], row["metric"]].append(row)
        before = {one.metric: one for one in self.before}
        releases = (self._release(kind, metric, part, before.get(metric)) for (kind, metric), part in found.items())
        return tuple(one for one in releases if one is not None)

    def _release(
        self, kind: str, metric: str, rows: list[dict[str, Any]], before: Published | None
    ) -> TeamRelease | None:
        tree, least = tree_of(self.units), max(self.minimum, MINIMUM)
        arrival = max(row["arrival"] for row in rows)
        hidden: frozenset[str] = frozenset()
        if before is not None:
            hidden = frozenset(tree) - {unit for unit, _cell in before.cells}
            if arrival <= before.arrival or not _is_safe_change(tree, rows, before, least):
                return None
        # Of an amount nobody's own part is known; of answers, what the lowest and highest are.
        people = _added(tree, rows, lambda row: _people(row, alike=kind == "pulse"), People())
        shown = publishable(tree, people, least, hidden=hidden)
        totals = _upwards(tree, _added(tree, rows, _cell, TeamCell(0, 0.0)))
        cells = tuple((unit, totals[unit]) for unit in tree if unit in shown)
        return TeamRelease(metric, kind, cells, arrival)


@dataclass(frozen=True, slots=True)
class TeamWords(Question[tuple[tuple[str, tuple[str, ...]], ...]]):
    """What was said in a month: for each unit that may be shown, the words of its rest (itself less the units next
    below it), in an order that says nothing. A person says one thing a month, so that words are people."""

    month: date
    units: tuple[tuple[str, str], ...]
    minimum: int = MINIMUM

    def query(self, known: Known) -> exp.Select:
        return (
            exp.select("department", "text")
            .from_(TABLE)
            .where(exp.column("local_date").eq(literal(self.month)), exp.column("kind").eq(literal("pulse")))
            .where(exp.column("text").neq(exp.Literal.string("")))
        )

    def answer(self, rows: pa.Table) -> tuple[tuple[str, tuple[str, ...]], ...]:
        tree, said = tree_of(self.units), rows.to_pylist()
        people = _added(tree, said, lambda row: People(1), People())
        rests = rests_of(tree, publishable(tree, people, max(self.minimum, MINIMUM)))
        words: dict[str, list[str]] = defaultdict(list)
        for row in said:
            place = rests.get(_place(tree, row["department"]))
            if place is not None:
                words[place].append(row["text"])
        return tuple((unit, tuple(sorted(words[unit], key=_shuffled))) for unit in tree if words[unit])


@dataclass(frozen=True, slots=True)
class TeamMonths(Question[tuple[tuple[date, int], ...]]):
    """The months that have signals, oldest first, each with the last arrival in it."""

    def query(self, known: Known) -> exp.Select:
        latest = exp.func("max", exp.func("coalesce", exp.column("arrival"), exp.Literal.number(0)))
        return (
            exp.select("local_date", latest.as_("arrival")).from_(TABLE).group_by("local_date").order_by("local_date")
        )

    def answer(self, rows: pa.Table) -> tuple[tuple[date, int], ...]:
        return tuple((row["local_date"], row["arrival"]) for row in rows.to_pylist())


def tree_of(units: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """Each unit and the one above it; everybody at the top."""
    return {ROOT: None, **dict(units)}


def _is_safe_change(
    tree: Mapping[str, str | None], rows: list[dict[str, Any]], before: Published, minimum: int
) -> bool:
    """Whether what is new differs from what was published, rest by rest, by nobody or by enough people.

    A rest to which nobody was added must be what it was: else somebody was taken away, alone.
    """
    cells = dict(before.cells)
    if not set(cells) <= set(tree):
        return False  # the tree itself changed: what was published stays
    rests = rests_of(tree, cells)
    totals = _upwards(tree, _added(tree, rows, _cell, TeamCell(0, 0.0)))
    added: dict[str, int] = defaultdict(int)
    for row in rows:
        place = rests.get(_place(tree, row["department"]))
        if place is not None and row["arrival"] > before.arrival:
            added[place] += row["n"]
    if any(0 < n < minimum for n in added.values()) or not added:
        return False
    now, then = _rests(tree, cells, totals), _rests(tree, cells, cells)
    return all(added[unit] or _same(now[unit], then[unit]) for unit in cells)


def _rests(
    tree: Mapping[str, str | None], shown: Mapping[str, TeamCell], totals: Mapping[str, TeamCell]
) -> dict[str, tuple[int, float]]:
    """People and sum of each published unit less those of the published units next below it."""
    left = {unit: (totals[unit].n, totals[unit].total) for unit in shown}
    above = rests_of(tree, shown)
    for unit in shown:
        top = tree[unit]
        place = above.get(top) if top is not None else None
        if place is not None:
            left[place] = left[place][0] - totals[unit].n, left[place][1] - totals[unit].total
    return left


def _same(one: tuple[int, float], other: tuple[int, float]) -> bool:
    return one[0] == other[0] and abs(one[1] - other[1]) < 1e-6


def _place(tree: Mapping[str, str | None], department: str | None) -> str:
    """The unit a row belongs to; a department that is no more belongs to everybody alone."""
    return department if department is not None and department in tree else ROOT


def _people(row: Mapping[str, Any], *, alike: bool) -> People:
    return People(row["n"], row["lowest"], row["highest"]) if alike else People(row["n"])


def _cell(row: Mapping[str, Any]) -> TeamCell:
    return TeamCell(row["n"], row["total"], row["squares"], row["low"], row["top"])


def _plus(one: Any, other: Any) -> Any:
    if isinstance(one, People):
        return one + other
    names = ("n", "total", "squares", "low", "top")
    return TeamCell(*(getattr(one, name) + getattr(other, name) for name in names))


def _added(
    tree: Mapping[str, str | None], rows: Iterable[Mapping[str, Any]], read: Any, nothing: Any
) -> dict[str, Any]:
    """What the rows directly in each unit add up to."""
    found = dict.fromkeys(tree, nothing)
    for row in rows:
        place = _place(tree, row["department"])
        found[place] = _plus(found[place], read(row))
    return found


def _upwards(tree: Mapping[str, str | None], own: Mapping[str, TeamCell]) -> dict[str, TeamCell]:
    """The totals over each unit and all below it."""
    found = dict.fromkeys(tree, TeamCell(0, 0.0))
    for unit, cell in own.items():
        place: str | None = unit
        while place is not None and cell.n:
            found[place] = _plus(found[place], cell)
            place = tree[place]
    return found


def _shuffled(text: str) -> bytes:
    """An order that neither the time of arrival nor the alphabet makes."""
    return blake2b(text.encode(), digest_size=8).digest()
