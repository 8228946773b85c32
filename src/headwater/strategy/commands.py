"""``headwater request`` and ``headwater strategy check``."""

import json

import click
from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.base.refusals import NotFound
from headwater.strategy import checking, requests, tracing
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
