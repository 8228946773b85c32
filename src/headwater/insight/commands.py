"""``headwater causes``, ``brief``, ``evaluate`` and ``relabel``."""

import json
from pathlib import Path

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from headwater.insight import brief as briefing
from headwater.insight import causes as cause_figures
from headwater.insight.selection import Selection
from headwater.insight.wording import share_with_interval

where_option = click.option(
    "--where", default="", metavar="EXPR", help="Only signals that match, e.g. \"channel = 'chat'\"."
)
since_option = click.option("--since", default="", metavar="DAY", help="From this day on (2026-01-31).")
until_option = click.option("--until", default="", metavar="DAY", help="Up to and including this day.")
json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")


@click.command("causes")
@where_option
@since_option
@until_option
@json_option
def causes_command(where: str, since: str, until: str, as_json: bool) -> None:
    """Which upstream causes customers name, as shares of all negative signals, with 95 % intervals."""
    selection = Selection.read(where=where, since=since, until=until)
    answer = cause_figures.causes(selection, trends=not as_json)
    if as_json:
        click.echo(json.dumps(cause_figures.as_json(answer), ensure_ascii=False, indent=2))
        return
    Console().print(_causes_table(answer))


@click.command("brief")
@where_option
@since_option
@until_option
def brief_command(where: str, since: str, until: str) -> None:
    """What an executive should know, in one terminal screen."""
    for line in briefing.lines(Selection.read(where=where, since=since, until=until)):
        click.echo(line)


@click.command("evaluate")
@click.option(
    "--labels",
    "file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV with a text column and labels (cause, stage, sentiment).",
)
@json_option
def evaluate_command(file: Path, as_json: bool) -> None:
    """How right the labels are on a file that people labelled: accuracy, macro-F1, calibration, coverage."""
    from headwater.insight.evaluation import evaluate

    report = evaluate(file)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=2))
        return
    for line in report.lines():
        click.echo(line)


@click.command("relabel")
def relabel_command() -> None:
    """Label every comment again with the present taxonomy and text model."""
    from headwater.insight.labelling import relabel_now

    console = Console(stderr=True)
    with console.status("Labelling everything again…"):
        labelled = relabel_now()
    click.echo(f"{labelled} signals labelled")


def _causes_table(answer: cause_figures.CausesAnswer) -> Table:
    table = Table(
        title=f"{answer.negatives:,} negative of {answer.signals:,} signals", title_justify="left", box=SIMPLE
    )
    table.add_column("cause", no_wrap=True, min_width=28, max_width=40)
    table.add_column("share of negative", justify="right", no_wrap=True, min_width=18)
    table.add_column("trend", no_wrap=True, min_width=6)
    table.add_column("can change it together", no_wrap=True, overflow="ellipsis", max_width=22)
    for row in answer.complaints:
        departments = ", ".join(row.departments)
        table.add_row(row.cause.name, share_with_interval(row.share), row.change, departments)
    return table
