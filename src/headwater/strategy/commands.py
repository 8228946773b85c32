"""``headwater request``, ``headwater strategy`` and ``headwater measures``."""

import json
from pathlib import Path

import click
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from headwater.base.figures import interval
from headwater.base.figures import measure as figure_text
from headwater.base.models import Person
from headwater.base.refusals import NotFound, Refused
from headwater.strategy import (
    checking,
    drafting,
    exchange,
    measure_wording,
    measures,
    pictures,
    requests,
    strategies,
    tracing,
)
from headwater.strategy.differences import Difference, differences
from headwater.strategy.documents import written
from headwater.strategy.trace_wording import cost_sentence, owners, share_words, trace_sentence

CAUSES = 6


@click.command("request")
@click.argument("words")
@click.option("--as", "email", metavar="EMAIL", help="File it as this person, who is told of the answer.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def request_command(words: str, email: str | None, as_json: bool) -> None:
    """Say what should be fixed, and read where it really starts."""
    row = requests.file_request(_person(email), words)
    requests.answer_request(row.pk)
    row.refresh_from_db()
    found = requests.trace_of(row)
    if found is None:  # a worker beside this process has just taken it
        click.echo(_("Request %d is being traced.") % row.pk)
    elif as_json:
        answer = {"id": row.pk, "understanding": row.understanding, "trace": row.trace}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _show(row.pk, found)


def _show(pk: int, found: tracing.Trace) -> None:
    click.echo(trace_sentence(found))
    for cause in found.causes[:CAUSES]:
        click.echo(f"  {cause.name:<32.32} {share_words(cause.share):<20} {owners(cause.departments)}")
    if found.cost:
        click.echo(_("Cost: %s") % cost_sentence(found.cost))
    elif found.basis == "contacts":
        click.echo(_("Cost: not known; add a measure “Cost per contact” with one reading."))
    click.echo(_("Request %d") % pk)


def _person(email: str | None) -> Person | None:
    if email is None:
        return None
    found = Person.objects.filter(email__iexact=email, is_active=True).first()
    if found is None:
        raise NotFound("person_unknown", _("Nobody here has the address “%s”.") % email, "email")
    return found


@click.group("strategy")
def strategy_group() -> None:
    """The strategy: what it promises, and whether it holds."""


@strategy_group.command("check")
@click.option(
    "--of", "which", type=click.Choice(["draft", "published"]), default=None, help="Default: the draft, if any."
)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def check_command(which: str | None, as_json: bool) -> None:
    """Hold the strategy against ten rules: what to mend, where, and how."""
    page = checking.check_page(None, which or "")
    if as_json:
        click.echo(json.dumps(checking.as_json(page), ensure_ascii=False, indent=2))
        return
    click.echo(checking.sentence(page))
    for verdict in page.checked.verdicts:
        sign = {"met": "✓", "not_met": "✗", "cannot_say": "–"}[verdict.state]
        click.echo(f"{sign} {verdict.rule.title}" + (f": {verdict.reason}" if verdict.reason else ""))
        for finding in verdict.findings:
            click.echo(f"    {finding.evidence}\n      {finding.mend}")
            if finding.suggestion:
                click.echo("      " + _("It could read: %s") % finding.suggestion)


@strategy_group.command("show")
@click.option("--draft", "of_draft", is_flag=True, help="The draft instead of what is published.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def show_command(of_draft: bool, as_json: bool) -> None:
    """Say what the strategy promises, and what will be different by when."""
    draft = strategies.draft() if of_draft else None
    if of_draft and draft is None:
        raise NotFound("strategy.no_draft", _("There is no draft. It begins with the first edit."))
    found = draft.strategy if draft else strategies.current()
    if as_json:
        click.echo(json.dumps({"version": found.version, **written(found)}, ensure_ascii=False, indent=2))
        return
    click.echo(pictures.sentence(found))
    for title, text in (
        (_("Vision"), found.vision),
        (_("Mission"), found.mission),
        (_("Success"), found.success),
    ):
        if text:
            click.echo(f"{title}: {text}")
    for outcome in found.outcomes:
        goal = found.goal(outcome.goal)
        click.echo(_("Year %d") % outcome.year + f": {outcome.text} → {goal.name if goal else '–'}")
        for issue in found.issues_of(outcome.id):
            click.echo(f"    · {issue.text}")
    for issue in found.strays:
        click.echo(_("Under no outcome: %s") % issue.text)


@strategy_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
def export_command(file: Path | None) -> None:
    """Write the published strategy to FILE, or to the terminal."""
    text = exchange.strategy_text(strategies.current())
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused("strategy.file", _("%(file)s cannot be written: %(why)s") % _why(file, error), "FILE") from error
    click.echo(_("%s is written.") % file)


@strategy_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change and change nothing.")
def import_command(file: Path, dry_run: bool) -> None:
    """Make the strategy in FILE the draft; it is published on its page, once leaders agree."""
    try:
        with file.open("rb") as opened:
            text = opened.read(exchange.MAX_FILE_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("strategy.file", _("%(file)s cannot be read: %(why)s") % _why(file, error), "FILE") from error
    found = exchange.read_strategy(text)
    if dry_run:
        changes = differences(strategies.current(), found)
    else:
        changes = drafting.replace_draft(None, found, source=file.name)
    for change in changes:
        click.echo(_line(change))
    said = _("%d changes; nothing was written.") if dry_run else _("%d changes are in the draft.")
    click.echo(said % len(changes))


@strategy_group.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of a strategy file, for editors that check while one writes."""
    click.echo(json.dumps(exchange.strategy_schema(), indent=2, ensure_ascii=False))


@click.command("measures")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
def measures_command(as_json: bool) -> None:
    """List the measures: last reading, path, and whether each is on it."""
    found = measures.measures()
    if as_json:
        click.echo(json.dumps([measures.as_json(view) for view in found], ensure_ascii=False))
        return
    click.echo(measure_wording.sentence(found))
    table = Table(box=None, pad_edge=False)
    for title in ("measure", "kind", "last", "interval", "path", "target", "standing"):
        table.add_column(title, no_wrap=title != "measure")
    for view in found:
        latest, row = view.latest, view.measure
        table.add_row(
            row.slug,
            row.kind,
            figure_text(latest.value if latest else None, view.unit),
            interval(latest.low, latest.high, view.unit) if latest else "",
            figure_text(view.standing.expected, view.unit),
            figure_text(row.target, view.unit),
            view.standing.code,
        )
    Console().print(table)


def _why(file: Path, error: Exception) -> dict[str, str]:
    return {"file": str(file), "why": getattr(error, "strerror", None) or str(error)}


def _line(change: Difference) -> str:
    sign = {"added": "+", "removed": "−", "changed": "~", "moved": "↕"}[change.what]
    what = f" ({', '.join(field.name for field in change.fields)})" if change.fields else ""
    return f"{sign} {change.kind} {change.name}{what}"
