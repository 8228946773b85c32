"""A metric weighted to the customer base as its own page shows it: the whole, and each group of a dimension."""

from datetime import date

from headwater.insight import response_wording as wording
from headwater.insight.selection import Selection
from headwater.insight.weighting import Cells, Weighing, figure_of, margins_for, parts_of, weigh
from headwater.metrics.estimates import MetricRow, definition_of, estimate
from headwater.metrics.weighting import Weighted, WeightedFigure
from headwater.record.filters import Filter
from headwater.science.results import Estimate, NoVerdict

NAN = float("nan")


def weighted_groups(
    metric: str,
    by: str = "",
    *,
    where: str | Filter | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Weighted:
    """Weight a metric to the customer base by the best known attributes. A group keeps the weights of the whole, so
    that the groups still add up to it."""
    definition = definition_of(metric)
    selection = Selection(str(where or ""), since, until)
    found = weigh(definition, selection, margins_for())
    figures = found.figures
    groups: tuple[WeightedFigure, ...] = ()
    if by:
        rows = estimate(metric, by=(by,), where=where, since=since, until=until).rows
        parts = parts_of(definition, selection, figures.margins, found.cells, by) if found.cells else {}
        groups = tuple(_group(found, row, by, parts.get(row.group[by])) for row in rows)
    return Weighted(
        metric,
        by,
        tuple(margin.attribute for margin in figures.margins),
        WeightedFigure(None, figures.raw, figures.weighted, figures.n, figures.effective_n, figures.design_effect),
        figures.shift,
        groups,
        wording.weighted_sentence(figures),
        tuple(wording.warnings(figures)),
        wording.assumption(),
    )


def _group(found: Weighing, row: MetricRow, by: str, part: Cells | None) -> WeightedFigure:
    """One group as answered, and with the weights of the whole."""
    value, whole = row.group[by], found.figures.weighted
    if found.cells is None or found.raked is None or part is None or not part.n.sum():
        nothing = NoVerdict("no_answers", "Nobody has answered yet.")
        return WeightedFigure(value, row.result, nothing if isinstance(whole, Estimate) else whole, 0, NAN, NAN)
    n, effective = round(float(part.n.sum())), found.raked.effective_of(part.n)
    result = figure_of(found.figures.definition, part, found.raked, found.cells.n)
    return WeightedFigure(value, row.result, result, n, effective, n / effective)
