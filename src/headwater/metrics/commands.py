"""`headwater metric`."""

import json
from datetime import date, datetime

import click
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from headwater.metrics.estimates import MetricAnswer, MetricRow, estimate
from headwater.metrics.rules import why_not, written
from headwater.science import Estimate

WHISKER_WIDTH = 28


def _day(value: datetime | None) -> date | None:
    return value.date() if value else None


@click.command("metric")
@click.argument("name")
@click.option("--by", multiple=True, metavar="DIMENSION", help="Group by a column, attribute:NAME or event:NAME.")
@click.option("--where", metavar="FILTER", help="Count only signals that match, such as \"channel = 'chat'\".")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="First day (local date).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day (local date).")
@click.option("--json", "as_json", is_flag=True, help="Print the answer for programs.")
def metric_command(
    name: str, by: tuple[str, ...], where: str | None, since: datetime | None, until: datetime | None, as_json: bool
) -> None:
    """Print a metric with its interval and base size: nps, csat, ces, rating, share_negative, volume, contact_rate."""
    answer = estimate(name, by=by, where=where, since=_day(since), until=_day(until))
    if as_json:
        click.echo(json.dumps(answer.as_json(), ensure_ascii=False))
        return
    definition = answer.definition
    console = Console(highlight=False)
    console.print(f"[bold]{definition.title}[/bold]  {definition.computation}")
    if not answer.rows:
        console.print(_("No signal matches; choose a longer period or a wider filter."))
        return
    console.print(_table(answer, by))
    console.print(_("Interval: %(interval)s, 95 %%.") % {"interval": definition.interval}, style="dim")
    if any(row.n < definition.minimum_base for row in answer.rows):
        text = _("* base under %(base)d: not ranked.") % {"base": definition.minimum_base}
        console.print(text, style="dim")


def _table(answer: MetricAnswer, by: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for dimension in by:
        table.add_column(dimension)
    table.add_column(str(answer.definition.unit), justify="right")
    table.add_column(_("95 % interval"), justify="right")
    ends = _ends(answer)
    table.add_column(f"{written(answer.definition, ends[0])} … {written(answer.definition, ends[1])}", no_wrap=True)
    table.add_column("n", justify="right")
    for row in answer.rows:
        table.add_row(*(value or _("(none)") for value in row.group.values()), *_figures(answer, row, ends))
    return table


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
