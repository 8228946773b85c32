"""``headwater packs``: journey packs on the command line."""

import json
from pathlib import Path

import click
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from headwater.base.refusals import Refused
from headwater.journey import services
from headwater.journey.differences import Difference
from headwater.journey.packs import MAX_PACK_BYTES, PACKS, load_pack, pack_schema, pack_text, read_pack

SIGNS = {"added": "+", "removed": "−", "changed": "~", "moved": "↕"}


@click.group(invoke_without_command=True)
@click.pass_context
def packs(context: click.Context) -> None:
    """Journey packs: list them, pass the company's own journey on, import one as the draft."""
    if context.invoked_subcommand is None:
        context.invoke(list_command)


@packs.command("list")
@click.option("--json", "as_json", is_flag=True, help="Answer for programs.")
def list_command(as_json: bool = False) -> None:
    """List the packs that ship with Headwater."""
    found = [load_pack(name) for name in PACKS]
    if as_json:
        rows = [{"name": pack.name, "version": pack.version, "title": pack.title} for pack in found]
        click.echo(json.dumps({"rows": rows}, ensure_ascii=False))
        return
    table = Table("name", "title", "stages", "moments", "causes", box=None, pad_edge=False)
    for pack in found:
        counts = (len(pack.stages), len(pack.moments), len(pack.causes))
        table.add_row(pack.name, pack.title, *map(str, counts))
    Console().print(table)


@packs.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.option("--pack", "shipped", help="Write this shipped pack instead of the company's journey.")
@click.option("--name", default="our_journey", show_default=True, help="Short name of the pack.")
@click.option("--title", default="Our journey", show_default=True, help="Title of the pack.")
def export_command(file: Path | None, shipped: str | None, name: str, title: str) -> None:
    """Write the published journey as a pack to FILE, or to the terminal."""
    pack = load_pack(shipped) if shipped else services.export_pack(None, name, title)
    if file is None:
        click.echo(pack_text(pack), nl=False)
        return
    try:
        file.write_text(pack_text(pack), encoding="utf-8")
    except OSError as error:
        raise Refused("pack.file", _("%(file)s cannot be written: %(why)s") % _why(file, error), "FILE") from error
    click.echo(_("%(file)s: %(causes)d causes written.") % {"file": file, "causes": len(pack.causes)})


@packs.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--publish", is_flag=True, help="Publish it at once and label everything again.")
@click.option("--dry-run", is_flag=True, help="Say what would change and change nothing.")
def import_command(file: Path, publish: bool, dry_run: bool) -> None:
    """Make the pack in FILE the draft of the journey."""
    pack = read_pack(_text_of(file))
    others = services.preview_pack_sections(None, pack)
    differences = services.preview_pack(None, pack) if dry_run else services.import_pack(None, pack)
    for difference in differences:
        click.echo(_line(difference))
    for other in others:
        click.echo(f"{SIGNS[other.what]} {other.title}: {other.name}")
    if dry_run or not differences:
        click.echo(_("%d changes; nothing was written.") % len(differences))
    elif publish:
        click.echo(_("Version %d is published.") % services.publish_draft(None).version)
    else:
        click.echo(_("%d changes are in the draft; publish it on the journey page.") % len(differences))


@packs.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of a pack file, for editors that check while one writes."""
    click.echo(json.dumps(pack_schema(), indent=2, ensure_ascii=False))


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_PACK_BYTES + 1).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("pack.file", _("%(file)s cannot be read: %(why)s") % _why(file, error), "FILE") from error


def _why(file: Path, error: Exception) -> dict[str, str]:
    return {"file": str(file), "why": getattr(error, "strerror", None) or str(error)}


def _line(difference: Difference) -> str:
    what = f" ({', '.join(field.name for field in difference.fields)})" if difference.fields else ""
    return f"{SIGNS[difference.what]} {difference.kind} {difference.id}: {difference.name}{what}"
