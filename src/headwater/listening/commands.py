"""`headwater import`, `headwater mapping` and `headwater mappings`."""

import json
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from django.conf import settings
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from headwater.base.refusals import Refused
from headwater.listening import mapping, proposal, services
from headwater.listening.importing import ImportOutcome
from headwater.listening.models import Import
from headwater.listening.personal import holding_off, replay
from headwater.listening.ready import ready_mapping, ready_mappings
from headwater.listening.surveys import bounces
from headwater.listening.surveys.bounce_rules import MOST_BYTES
from headwater.metrics.store import company_record

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = click.Path(path_type=Path)
LabelHook = Callable[[Callable[[int, int], None]], object]
_label_hooks: list[LabelHook] = []


def label_with(hook: LabelHook) -> None:
    """Have `hook(progress)` label what was imported, before the command returns; rooms above know how."""
    _label_hooks[:] = [hook]


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--mapping", "mapping_file", type=FILE, help="Mapping as YAML; by default the kept or the proposed one.")
@click.option("--ready", help="Name of a ready mapping; headwater mappings lists them.")
@click.option("--source", help="Name of the source; by default the mapping's, else the file's.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, for programs.")
@click.option("--no-wait", is_flag=True, help="Leave labelling to the worker.")
def import_command(
    file: Path, mapping_file: Path | None, ready: str | None, source: str | None, as_json: bool, no_wait: bool
) -> None:
    """Import a file of comments, reviews, answers or events into the record.

    The export of a well-known tool is recognised and read with its ready mapping. Else the proposed mapping is used
    when it is certain. Otherwise it is printed as YAML, with what to decide,
    and nothing is imported: save it, correct it, and give it with --mapping.
    """
    given = _read_mapping(mapping_file)
    try:
        with _progress_bar(file.name, shown=not as_json) as report:
            outcome = services.import_file(file, source=source, mapping=given, ready=ready, progress=report)
    except services.MappingUnsure as unsure:
        _print_proposal(unsure.proposal)
        _say_unsure(unsure.proposal)
        sys.exit(2)
    if given is None and not as_json:
        _print_used(outcome)
    if not no_wait:
        _label(shown=not as_json)
    company_record().refresh_rollups()
    if as_json:
        click.echo(json.dumps(_as_json(outcome)))
        return
    _print_outcome(outcome)


@click.command("mappings")
def mappings_command() -> None:
    """List the ready mappings: name, what it reads, and what its tests read."""
    table = Table(box=None, pad_edge=False)
    for title in (_("Name"), _("Reads"), _("Source"), _("Proven on")):
        table.add_column(title)
    proven = {"real": _("real exports"), "documentation": _("the public documentation")}
    for one in ready_mappings():
        table.add_row(one.name, one.title, one.source, proven[one.proven])
    Console(width=160 if not sys.stdout.isatty() else None).print(table)


@click.command("mapping")
@click.argument("file", type=FILE)
@click.option("--ready", help="Name of a ready mapping to fit to the file.")
def mapping_command(file: Path, ready: str | None) -> None:
    """Print the mapping proposed for a file, as YAML; what is unsure goes to standard error.

    Exit status 0 when the mapping is certain, 2 when a person should decide something first.
    """
    proposed = proposal.propose(file, ready=ready)
    _print_proposal(proposed)
    for note in proposed.notes:
        click.echo(f"# {note}", err=True)
    if proposed.unsure:
        _say_unsure(proposed)
        sys.exit(2)


@click.command("replay-erasures")
@click.argument("file", type=FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
def replay_erasures_command(file: Path, yes: bool) -> None:
    """Erase again whoever came back with a restored backup.

    FILE is the list `erased_customers` as it was before the restore; the data folder must have the same pseudonym_key.
    """
    back = replay.came_back(file)
    if not back:
        holding_off.keep(replay.remembered(file))
        click.echo(_("Nobody on the list is here."))
        return
    if not yes:
        click.confirm(_("Erase %d customers again? This cannot be undone.") % len(back), abort=True)
    holding_off.keep(replay.remembered(file))
    for customer_id in back:
        services.erase_customer(None, customer_id)
    click.echo(_("Erased %d customers again.") % len(back))


@click.command("bounces")
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True), required=False)
def bounces_command(path: Path | None) -> None:
    """Read mails that came back, so that who cannot be reached is not asked by mail again.

    PATH is a mailbox file (mbox), one message, a folder of messages, or - for one message from a mail server's pipe.
    Without it the mailbox of HEADWATER_BOUNCES is read, as the worker does every ten minutes.
    """
    if path is None and not settings.BOUNCES_MAILBOX:
        raise Refused("bounces.no_mailbox", _("Name a file or folder, or a mailbox in HEADWATER_BOUNCES."), "path")
    if path is None:
        found = bounces.read_mailbox()
    elif str(path) == "-":
        found = bounces.read(None, [sys.stdin.buffer.read(MOST_BYTES)])
    else:
        found = bounces.read(None, bounces.messages_of(path))
    click.echo(_("%(hard)s came back for good, %(soft)s for the time being") % {"hard": found.hard, "soft": found.soft})
    click.echo(_("%(known)s known already, %(other)s about no invitation") % {
        "known": found.known, "other": found.other})  # fmt: skip


def _read_mapping(file: Path | None) -> mapping.Mapping | None:
    if file is None:
        return None
    return mapping.from_yaml(services.read_mapping_file(file))


def _print_proposal(proposed: proposal.Proposal) -> None:
    click.echo(proposed.mapping.to_yaml(), nl=False)


def _say_unsure(proposed: proposal.Proposal) -> None:
    click.echo(_("The proposed mapping is not certain:"), err=True)
    for one in proposed.unsure:
        click.echo(f"- {one.reason}", err=True)
    click.echo(_("Save the mapping above as M.yaml, correct it, and import with --mapping M.yaml."), err=True)


def _print_used(outcome: ImportOutcome) -> None:
    """How the columns were read, in a line for each signal of a row: nobody was asked."""
    used = mapping.from_yaml(Import.objects.get(pk=outcome.import_id).mapping)
    if used.ready:
        click.echo(_("This looks like %s.") % ready_mapping(used.ready).title)
    for emit in used.emit:
        origins = ((name, " + ".join(one.named) or one.constant or "") for name, one in emit.fields.items())
        fields = ", ".join(name if name == origin else f"{name} ← {origin}" for name, origin in origins)
        measured = f" {emit.metric} {emit.scale[0]:g}-{emit.scale[1]:g}" if emit.metric and emit.scale else ""
        click.echo(_("Read as %(kind)s: %(fields)s") % {"kind": f"{emit.kind}{measured}", "fields": fields})
    names = [name for name, one in used.emit[0].attributes.items() if not one.personal]
    if names:
        click.echo(_("Attributes: %s") % ", ".join(names))


def _as_json(outcome: ImportOutcome) -> dict[str, Any]:
    counts = {name: getattr(outcome, name) for name in ("accepted", "repeated", "revised", "set_aside")}
    return {**counts, "reasons": outcome.reasons}


def _print_outcome(outcome: ImportOutcome) -> None:
    click.echo(_("%s accepted") % f"{outcome.accepted:,}")
    click.echo(
        _("%(repeated)s known already, %(revised)s of them with new content")
        % {"repeated": f"{outcome.repeated + outcome.revised:,}", "revised": f"{outcome.revised:,}"}
    )
    click.echo(_("%s set aside") % f"{outcome.set_aside:,}")
    for code, count in sorted(outcome.reasons.items(), key=lambda item: -item[1]):
        click.echo(f"  {count:,} {code}")


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def _progress_bar(name: str, *, shown: bool) -> "Iterator[Callable[[Import], None] | None]":
    """A bar on standard error; none where nobody looks."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    with _bar() as bar:
        task = bar.add_task(_("Reading %s") % name, total=1.0)

        def report(arrival: Import) -> None:
            bar.update(task, completed=arrival.share_read)

        yield report


def _label(*, shown: bool) -> None:
    for hook in _label_hooks:
        if not shown or not sys.stderr.isatty():
            hook(lambda done, total: None)
            continue
        with _bar() as bar:
            task = bar.add_task(_("Understanding"), total=None)
            hook(lambda done, total, task=task, bar=bar: bar.update(task, completed=done, total=total or None))  # type: ignore[misc]
