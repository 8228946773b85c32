"""What must be there before pages or commands work: tables, a company, the first administrator, static files."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from headwater import __version__
from headwater.base.company import ensure_company
from headwater.base.paths import home
from headwater.base.people import administrators, create_first_administrator
from headwater.metrics.store import company_record

ADMINISTRATOR = "admin@headwater.localhost"
SETUP_LOCK = 0x48656164  # any number that nobody else locks this database by


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What a first start made: the administrator's address and the password that is shown this once."""

    email: str
    password: str


@contextmanager
def only_one() -> Iterator[None]:
    """Let one process at a time set up this data folder, and this database, which several machines may share."""
    with (home() / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with _only_one_in_database():
            yield


@contextmanager
def _only_one_in_database() -> Iterator[None]:
    """A lock of the database session, which ends with it; SQLite lies in the folder, whose lock is enough."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [SETUP_LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(%s)", [SETUP_LOCK])


def prepare() -> None:
    """Make the tables current and, in an empty data folder, start an empty company, without sample or journey."""
    with only_one():
        migrate()
        ensure_company()


def migrate() -> None:
    """Bring the database and the record up to this version; nothing to do costs a few milliseconds."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
    if settings.CACHES["default"]["LOCATION"] not in connection.introspection.table_names():
        call_command("createcachetable", verbosity=0)
    company_record()


def first_administrator() -> FirstStart | None:
    """Make the first administrator with a random password; None where there is one already."""
    if administrators().exists():
        return None
    person, password = create_first_administrator(ADMINISTRATOR)
    return FirstStart(person.email, password)


def collect_static() -> None:
    """Hash and compress the static files, when they changed since the last start."""
    stamp, now = home() / "static.stamp", _static_digest()
    if stamp.exists() and stamp.read_text() == now:
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(now)


def _static_digest() -> str:
    digest = hashlib.sha256(__version__.encode())
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            modified = Path(storage.path(path)).stat().st_mtime_ns
            digest.update(f"{path}:{modified}".encode())
    return digest.hexdigest()
