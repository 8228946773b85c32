"""The listening grid: through which ears each stage is heard, where nobody listens, and what would tell most."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np

from headwater.insight.forest import stage_metric
from headwater.insight.moments import customers_in
from headwater.insight.selection import Selection
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Stage
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.estimates import estimate
from headwater.metrics.rules import BUCKETS, shares
from headwater.metrics.store import company_record
from headwater.record.filters import every, parse
from headwater.record.questions import HEARD, Heard, HeardSums
from headwater.science.bounds import Array
from headwater.science.results import Estimate, NoVerdict, Result

THIN = 30
"""Below so many signals an ear hears too little to compare stages by it."""
MORE = 200
MOST_MORE = 100_000
Hearing = Literal["blind", "thin", "heard"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One stage through one ear: signals, distinct customers, their share of all customers, and how bad it sounded."""

    ear: str
    n: int
    customers: int
    share: float
    negative: Result

    @property
    def hearing(self) -> Hearing:
        if not self.n:
            return "blind"
        return "thin" if self.n < THIN else "heard"

    @property
    def half_width(self) -> float | None:
        """Half the interval of the share that is negative; None of events, which have no tone."""
        return half_width(self.negative) if self.ear != "happened" else None


@dataclass(frozen=True, slots=True)
class GridRow:
    """A stage through all ears, with its score. ``stage`` None: signals whose stage is not known."""

    stage: Stage | None
    cells: tuple[Cell, ...]
    score: Result

    @property
    def blind(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.cells if cell.hearing == "blind")


@dataclass(frozen=True, slots=True)
class NextData:
    """What more answers at a stage would do: half the interval of its score, ``before`` and ``after``.

    ``answers`` are there now; ``before`` is None where nobody has scored the stage.
    """

    stage: Stage
    answers: int
    more: int
    before: float | None
    after: float

    @property
    def narrows(self) -> float:
        """By how much, in the metric's unit; an interval that is not there yet counts as the whole scale."""
        return float("inf") if self.before is None else self.before - self.after


@dataclass(frozen=True, slots=True)
class Grid:
    """The grid of a selection, and the best data to get next, best first."""

    rows: tuple[GridRow, ...]
    unplaced: GridRow
    metric: MetricDefinition
    average: Result
    customers: int
    suggestions: tuple[NextData, ...]

    @property
    def blind(self) -> tuple[tuple[Stage, Cell], ...]:
        """Every place where nobody listens."""
        return tuple((row.stage, cell) for row in self.rows if row.stage for cell in row.blind)


def listening_grid(selection: Selection | None = None, *, more: int = MORE) -> Grid:
    """Read the grid; ``more`` is how many further answers the suggestions reckon with."""
    selection = selection or Selection()
    known, metric = taxonomy(), stage_metric(selection)
    heard = company_record().ask(Heard(selection.filter(), selection.since, selection.until))
    everyone = customers_in(selection)
    cells = _cells(heard, everyone)
    scores = _scores(selection, metric)
    nothing = NoVerdict("no_answers", "Nobody has scored it yet.")
    rows = tuple(GridRow(stage, cells[stage.id], scores.get(stage.id, nothing)) for stage in known.stages)
    average = _average(selection, metric)
    return Grid(
        rows=rows,
        unplaced=GridRow(None, cells[None], nothing),
        metric=metric,
        average=average,
        customers=everyone,
        suggestions=suggestions(rows, average, more),
    )


def suggestions(rows: tuple[GridRow, ...], average: Result, more: int) -> tuple[NextData, ...]:
    """What ``more`` answers at each stage would narrow, the stage that gains most first.

    An interval narrows with the root of its answers: h′ = h · √(n ÷ (n + m)). A stage without answers is expected to
    spread as all stages together do: h′ = h_all · √(n_all ÷ m).
    """
    found = []
    for row in rows:
        if row.stage is None:
            continue
        if isinstance(row.score, Estimate) and row.score.n:
            before = half_width(row.score) or 0.0
            after = before * sqrt(row.score.n / (row.score.n + more))
            found.append(NextData(row.stage, row.score.n, more, before, after))
        elif isinstance(average, Estimate) and average.n:
            after = (half_width(average) or 0.0) * sqrt(average.n / more)
            found.append(NextData(row.stage, row.score.n, more, None, after))
    return tuple(sorted(found, key=lambda one: (-one.narrows, one.after)))


def half_width(result: Result) -> float | None:
    """Half of an interval's width; None without a verdict."""
    return (result.high - result.low) / 2 if isinstance(result, Estimate) else None


def _cells(heard: tuple[HeardSums, ...], everyone: int) -> Mapping[str | None, tuple[Cell, ...]]:
    sums: dict[tuple[str | None, str], dict[str, Array]] = defaultdict(
        lambda: {name: np.zeros(BUCKETS) for name in ("n", "negative", "customers")}
    )
    for row in heard:
        for name, array in sums[row.stage, row.heard].items():
            array[row.bucket] += getattr(row, name)
    stages = {stage for stage, _ear in sums}
    made = {stage: tuple(_cell(ear, sums[stage, ear], everyone) for ear in HEARD) for stage in stages}
    empty = tuple(Cell(ear, 0, 0, 0.0, NoVerdict("no_answers", "Nobody was heard.")) for ear in HEARD)
    return defaultdict(lambda: empty, made)


def _cell(ear: str, sums: Mapping[str, Array], everyone: int) -> Cell:
    customers = round(float(sums["customers"].sum()))
    negative = shares(sums["negative"][None], sums["n"][None])[0]
    return Cell(ear, round(float(sums["n"].sum())), customers, customers / everyone if everyone else 0.0, negative)


def _scores(selection: Selection, metric: MetricDefinition) -> dict[str, Result]:
    answer = estimate(
        metric.name, by=("stage",), where=selection.filter(), since=selection.since, until=selection.until
    )
    return {row.group["stage"] or "": row.result for row in answer.rows}


def _average(selection: Selection, metric: MetricDefinition) -> Result:
    where = every(selection.filter(), parse("stage is not null"))
    rows = estimate(metric.name, where=where, since=selection.since, until=selection.until).rows
    return rows[0].result if rows else NoVerdict("no_answers", "Nobody has scored it yet.")
