"""`headwater metric`."""

import json
from datetime import date, datetime

import click
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from headwater.metrics.estimates import MetricAnswer, MetricRow, estimate
from headwater.metrics.rules import why_not, written
from headwater.metrics.weighting import Chosen, Weighted, beside, weighted
from headwater.science import Estimate, NoVerdict

WHISKER_WIDTH = 28


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


@click.command("metric")
@click.argument("name")
@click.option("--by", multiple=True, metavar="DIMENSION", help="Group by a column, attribute:NAME or event:NAME.")
@click.option("--where", metavar="FILTER", help="Count only signals that match, such as \"channel = 'chat'\".")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (local date).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (local date).")
@click.option(
    "--weights", type=click.Choice(["base"]), help="Show each figure weighted to the customer base beside it."
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer for programs.")
def metric_command(
    name: str,
    by: tuple[str, ...],
    where: str | None,
    since: datetime | None,
    until: datetime | None,
    weights: str | None,
    as_json: bool,
) -> None:
    """Print a metric with its interval and base size: nps, csat, ces, rating, share_negative, volume, contact_rate."""
    chosen: Chosen = {"where": where, "since": _day(since), "until": _day(until)}
    answer = estimate(name, by=by, **chosen)
    found = weighted(name, by, **chosen) if weights else None
    if as_json:
        click.echo(json.dumps(beside(answer, found) if found else answer.as_json(), ensure_ascii=False))
        return
    definition = answer.definition
    console = Console(highlight=False)
    console.print(f"[bold]{definition.title}[/bold]  {definition.computation}")
    if not answer.rows:
        console.print(_("No signal matches; choose a longer period or a wider filter."))
        return
    console.print(_table(answer, by, found))
    console.print(_("Interval: %(interval)s, 95 %%.") % {"interval": definition.interval}, style="dim")
    if any(row.n < definition.minimum_base for row in answer.rows):
        text = _("* base under %(base)d: not ranked.") % {"base": definition.minimum_base}
        console.print(text, style="dim")
    for line in (found.sentence, *found.warnings, found.assumption) if found else ():
        console.print(line)


def _table(answer: MetricAnswer, by: tuple[str, ...], found: Weighted | None) -> Table:
    table = Table(box=None, pad_edge=False)
    for dimension in by:
        table.add_column(dimension)
    table.add_column(str(answer.definition.unit), justify="right")
    table.add_column(_("95 % interval"), justify="right")
    ends = _ends(answer)
    table.add_column(f"{written(answer.definition, ends[0])} … {written(answer.definition, ends[1])}", no_wrap=True)
    table.add_column("n", justify="right")
    for title in (_("weighted"), _("95 % interval"), _("effective n"), _("design effect")) if found else ():
        table.add_column(title, justify="right")
    for row in answer.rows:
        named = (value or _("(none)") for value in row.group.values())
        beside_it = _weighted_figures(answer, row, found) if found else ()
        table.add_row(*named, *_figures(answer, row, ends), *beside_it)
    return table


def _weighted_figures(answer: MetricAnswer, row: MetricRow, found: Weighted) -> tuple[str, ...]:
    figure = found.group(row.group[found.by]) if found.by else found.whole
    if figure is None or not isinstance(figure.weighted, Estimate):
        return "–", why_not(figure.weighted) if figure and isinstance(figure.weighted, NoVerdict) else "", "", ""
    result = figure.weighted
    estimated, low, high = (written(answer.definition, value) for value in (result.estimate, result.low, result.high))
    between = _("%(low)s to %(high)s") % {"low": low, "high": high}
    return estimated, between, f"{figure.effective_n:,.0f}", f"{figure.design_effect:.2f}"


def _figures(answer: MetricAnswer, row: MetricRow, ends: tuple[float, float]) -> tuple[str, str, str, str]:
    size = f"{row.n:,}" + ("*" if row.n < answer.definition.minimum_base else "")
    if not isinstance(row.result, Estimate):
        return "–", why_not(row.result), "", size
    estimated, low, high = (
        written(answer.definition, value) for value in (row.result.estimate, row.result.low, row.result.high)
    )
    between = _("%(low)s to %(high)s") % {"low": low, "high": high}
    return estimated, between, whisker(row.result, ends), size


def _ends(answer: MetricAnswer) -> tuple[float, float]:
    """The drawn range: from the lowest to the highest bound shown."""
    found = [row.result for row in answer.rows if isinstance(row.result, Estimate)]
    low = min((result.low for result in found), default=answer.definition.lowest)
    high = max((result.high for result in found), default=low + 1)
    return low, high if high > low else low + 1


def whisker(result: Estimate, ends: tuple[float, float], width: int = WHISKER_WIDTH) -> str:
    """An interval in characters: ``   ├──●────┤``."""

    def place(value: float) -> int:
        return round((value - ends[0]) / (ends[1] - ends[0]) * (width - 1))

    low, middle, high = place(result.low), place(result.estimate), place(result.high)
    line = [" "] * width
    line[low : high + 1] = "─" * (high + 1 - low)
    line[low], line[high], line[middle] = "├", "┤", "●"
    return "".join(line)
