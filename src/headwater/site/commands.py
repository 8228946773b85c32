"""Commands of the whole installation: serve, start, worker, check, compact, erase, person, token."""

import json
import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor

import click
import django
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from headwater.base import worker as queue_worker
from headwater.base.company import company, first_departments, pack_choices, start_company
from headwater.base.models import Company, Person
from headwater.base.paths import local_url
from headwater.base.people import administrators, reset_password
from headwater.base.refusals import NotFound
from headwater.base.tokens import SCOPES, create_token
from headwater.journey.packs import PACKS
from headwater.listening import flusher
from headwater.metrics.store import company_record
from headwater.site import setup
from headwater.site.server import preload, require_free_port
from headwater.site.server import serve as serve_pages

PORT = 8000
PARENT_CHECK_SECONDS = 1.0
YIELD_TO_PAGES = 10
"""How nice a worker beside the server is to it: whoever waits for a page or an acknowledgement goes first."""


@click.command()
@click.option(
    "--host",
    default=lambda: os.environ.get("HEADWATER_HOST", "127.0.0.1"),
    show_default="127.0.0.1",
    help="Address to listen on.",
)
@click.option(
    "--port",
    type=int,
    default=lambda: int(os.environ.get("HEADWATER_PORT", PORT)),
    show_default=str(PORT),
    help="Port to listen on.",
)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Server processes.")
@click.option("--empty", is_flag=True, help="On the first start, do not load the sample company.")
def serve(host: str, port: int, processes: int, empty: bool) -> None:
    """Serve the pages, with the worker beside them; the first start loads the sample company."""
    require_free_port(host, port)
    # The links that pages and mails hand out name it: here, in the processes forked from this one, and in the others.
    os.environ["HEADWATER_PORT"] = str(port)
    if "HEADWATER_URL" not in os.environ:
        settings.PUBLIC_URL = local_url(port)
    # Set-up opens the record and the database, so it has a process of its own; the pages' code is read meanwhile.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), django.setup) as apart:
        setting_up = apart.submit(_set_up, empty)
        preload()
        first = setting_up.result()
    shown = f"[{host}]" if ":" in host else host
    serve_pages(host, port, processes=processes, announce=lambda: _announce(f"http://{shown}:{port}", first))


def _set_up(empty: bool) -> setup.FirstStart | None:
    first = _first_start(empty)
    setup.collect_static()
    return first


def _first_start(empty: bool) -> setup.FirstStart | None:
    with setup.only_one():
        setup.migrate()
        first = setup.first_administrator()
        ours = company()
        if (ours is None and not empty) or (ours is not None and ours.is_sample):
            _load_sample(ours)
    setup.prepare()
    return first


def _load_sample(ours: Company | None) -> None:
    """Load the sample company, or go on where an earlier first start was cut off."""
    from headwater.site.sample import load_sample, sample_is_loaded

    if ours is not None and sample_is_loaded(ours):
        return
    click.echo(_("Setting up: the sample company"), err=True)
    load_sample()


def _announce(address: str, first: setup.FirstStart | None) -> None:
    click.echo(_("Headwater answers on %s") % address)
    if first is not None:
        click.echo(
            _("Sign in as %(email)s with the password %(password)s")
            % {"email": first.email, "password": first.password}
        )
        click.echo(_("The password is shown this once; change it under your name, top right."))
    else:
        email = administrators().order_by("pk").values_list("email", flat=True).first()
        connection.close()  # a process that dies is forked anew from this one, which has no connection open
        click.echo(_("Sign in as %s. Password lost? headwater person password %s") % (email, email))
    click.echo(_("Ctrl-C ends it."))


@click.command()
@click.option("--pack", type=click.Choice(PACKS), required=True, help="The journey pack to start from.")
@click.option("--name", default="My company", show_default=True, help="The company's name.")
@click.option("--time-zone", default="UTC", show_default=True, help="For example Europe/Berlin.")
@click.option("--currency", default="EUR", show_default=True, help="Three letters (ISO 4217).")
@click.option("--department", "departments", multiple=True, help="A first department; may be given several times.")
def start(pack: str, name: str, time_zone: str, currency: str, departments: tuple[str, ...]) -> None:
    """Start your company from a journey pack; the sample company is cleared."""
    with setup.only_one():
        setup.migrate()
        chosen = next(choice for choice in pack_choices() if choice.name == pack)
        first = first_departments(departments, chosen)
        start_company(None, name=name, time_zone=time_zone, currency=currency, pack=pack, departments=first)
    click.echo(_("Started %(name)s with the pack %(pack)s.") % {"name": name, "pack": pack})


@click.command()
@click.option("--parent", type=int, hidden=True, help="End when this process is gone.")
def worker(parent: int | None) -> None:
    """Move arrivals into the record and do background work, until interrupted."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_received: stop.set())
    flushing = threading.Thread(target=flusher.run, args=(stop,), name="flusher")
    flushing.start()
    if parent is not None:
        # From here on: the flusher holds a turn that those who send wait for, and goes as fast as they do.
        os.nice(YIELD_TO_PAGES)
        threading.Thread(target=_end_with, args=(parent, stop), daemon=True).start()
    queue_worker.run(stop)
    flushing.join()


def _end_with(parent: int, stop: threading.Event) -> None:
    """A server that was killed takes its worker along, so that a new start does not meet an old worker."""
    while not stop.wait(PARENT_CHECK_SECONDS):
        if os.getppid() != parent:
            stop.set()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def check(as_json: bool) -> None:
    """Verify record, inbox and database against each other; exit status 1 when something is wrong."""
    from headwater.site.checking import check_everything

    findings = check_everything()
    if as_json:
        click.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(finding.line())
    sys.exit(1 if any(finding.is_wrong for finding in findings) else 0)


@click.command()
def compact() -> None:
    """Merge the record's small files now; the worker does so by itself every hour."""
    click.echo(str(company_record().compact()))


@click.command()
@click.argument("customer_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(customer_id: str, yes: bool) -> None:
    """Erase one customer everywhere; this cannot be undone."""
    from headwater.listening.services import erase_customer

    if not yes:
        click.confirm(_("Erase everything about %s? This cannot be undone.") % customer_id, abort=True)
    report = erase_customer(None, customer_id)
    click.echo(_("Erased %(n)d signals of %(customer)s.") % {"n": report.signals, "customer": customer_id})


@click.group()
def person() -> None:
    """People who can sign in."""


@person.command("password")
@click.argument("email")
def person_password(email: str) -> None:
    """Give a person a new random password and print it."""
    click.echo(reset_password(email))


@click.group()
def token() -> None:
    """API tokens."""


@token.command("create")
@click.argument("email")
@click.option("--name", required=True, help="Which program uses it.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(SCOPES),
    default=("import:signals",),
    show_default=True,
    help="What it may do; may be given several times.",
)
def token_create(email: str, name: str, scopes: tuple[str, ...]) -> None:
    """Make an API token that acts as a person, and print it; it is not shown again."""
    owner = Person.objects.filter(email__iexact=email).first()
    if owner is None:
        raise NotFound("person_unknown", _("Nobody here has the address “%s”.") % email, "email")
    click.echo(create_token(owner, owner, name, scopes)[1])
