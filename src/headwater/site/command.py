"""The command line: every room's commands under one name, with one way to refuse."""

import importlib
import os
import sys
from typing import Any

import click

# name → where the command lives, and whether it needs a prepared data folder (tables, a company) before it runs
COMMANDS: dict[str, tuple[str, bool]] = {
    "serve": ("headwater.site.commands:serve", False),
    "start": ("headwater.site.commands:start", False),
    "import": ("headwater.listening.commands:import_command", True),
    "mapping": ("headwater.listening.commands:mapping_command", True),
    "mappings": ("headwater.listening.commands:mappings_command", True),
    "metric": ("headwater.metrics.commands:metric_command", True),
    "causes": ("headwater.insight.commands:causes_command", True),
    "brief": ("headwater.insight.commands:brief_command", True),
    "evaluate": ("headwater.insight.commands:evaluate_command", True),
    "relabel": ("headwater.insight.commands:relabel_command", True),
    "strategy": ("headwater.strategy.commands:strategy_group", True),
    "measures": ("headwater.strategy.commands:measures_command", True),
    "request": ("headwater.strategy.commands:request_command", True),
    "packs": ("headwater.journey.commands:packs", True),
    "check": ("headwater.site.commands:check", True),
    "compact": ("headwater.site.commands:compact", True),
    "erase": ("headwater.site.commands:erase", True),
    "bounces": ("headwater.listening.commands:bounces_command", True),
    "replay-erasures": ("headwater.listening.commands:replay_erasures_command", True),
    "person": ("headwater.site.commands:person", True),
    "token": ("headwater.site.commands:token", True),
    "worker": ("headwater.site.commands:worker", True),
}


class Rooms(click.Group):
    """Commands are imported when they are asked for, so that ``--version`` does not wait for the whole product."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        _set_up_django()
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        if cmd_name == "import":
            _label_what_is_imported()
        return command

    def invoke(self, ctx: click.Context) -> Any:
        name = ctx.protected_args[0] if ctx.protected_args else ""
        asks_for_help = any(word in ("--help", "-h") for word in sys.argv[1:])
        if COMMANDS.get(name, ("", False))[1] and not asks_for_help:
            _set_up_django()
            from headwater.site.setup import prepare

            prepare()
        return super().invoke(ctx)


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="headwater", message="headwater %(version)s")
def cli() -> None:
    """Headwater: where a bad experience starts, what it costs, who can change it, and whether the change worked.

    Data lives in HEADWATER_HOME (default ./var). `headwater serve` starts the pages and the worker.
    """


def _label_what_is_imported() -> None:
    """The import command belongs to a lower room; labelling, which it ends with, to a higher one."""
    from headwater.insight.labelling import label_arrivals
    from headwater.listening.commands import label_with

    label_with(label_arrivals)


def _set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headwater.site.settings")
    import django

    django.setup()


def main() -> None:
    """Run the command line; a refusal is one line on standard error and exit status 2."""
    _set_up_django()
    from headwater.base.refusals import Refused

    try:
        cli(prog_name="headwater")
    except Refused as refused:
        click.echo(f"headwater: {refused.message}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of a pipe (head, less) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
