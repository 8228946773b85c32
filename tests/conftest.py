"""Shared set-up: a data folder of its own for each worker, the database asked for, real public data where it is."""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django
import pytest
from hypothesis import settings


def _database_asked_for() -> str:
    """The value of ``--database``. Read by hand: the settings are loaded before pytest has parsed its options."""
    for number, argument in enumerate(sys.argv):
        if argument == "--database":
            return sys.argv[number + 1]
        if argument.startswith("--database="):
            return argument.partition("=")[2]
    return "sqlite"


# Collecting garbage while thousands of tests are read takes as long as reading them; what was read then stays for good.
gc.disable()

# Before any import of Django settings: a data folder that belongs to this process alone, and the database.
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
WORKER_HOME = Path(tempfile.mkdtemp(prefix="headwater-test-"))
WORKER_HOME.chmod(0o700)
os.environ["HEADWATER_HOME"] = str(WORKER_HOME)
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ.setdefault("HEADWATER_LOG", "WARNING")
SERVER = None
if _database_asked_for() == "postgresql" and not IS_WORKER:  # workers inherit the address of the one server of a run
    from tests.postgresql import Server

    SERVER = Server.start()
    os.environ["HEADWATER_DATABASE_URL"] = SERVER.url

os.environ["DJANGO_SETTINGS_MODULE"] = "headwater.site.settings"
django.setup()

from tests.browser import chromium, reader  # noqa: E402, F401 fixtures for every room; they need the settings above

DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}

# How long an example takes says something of the machine, nothing of the code.
settings.register_profile("headwater", deadline=None)
settings.load_profile("headwater")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="the database under test")


def pytest_sessionstart() -> None:
    """Static files by their own names, as nothing is collected for a test run; passwords hashed without the wait."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no process is left waiting for it at the end. On PostgreSQL only what may
    differ there."""
    items.sort(key=lambda item: not (item.get_closest_marker("long") or item.get_closest_marker("browser")))
    if config.getoption("database") != "postgresql":
        return
    chosen = [item for item in items if _may_differ(item)]
    config.hook.pytest_deselected(items=[item for item in items if not _may_differ(item)])
    items[:] = chosen


def pytest_collection_finish() -> None:
    """What is there now lives as long as the process: the collector leaves it alone, and looks at the rest rarely."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def _may_differ(item: pytest.Item) -> bool:
    """Whether the other database may answer otherwise: not where none is asked, nor in figures of the record, for which
    it holds but the taxonomy, nor for the second of several roles, which are told apart in Python."""
    if item.get_closest_marker("faults") is not None:
        return True  # what is killed is a process of its own, with the database that this run has
    if item.get_closest_marker("reads_record") is not None:
        return False
    call = getattr(item, "callspec", None)
    if call is not None and call.indices.get("role", 0) > 0:
        return False
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or not fixtures.isdisjoint(DATABASE_FIXTURES)


def pytest_report_header(config: pytest.Config) -> str:
    from django.db import connection

    return f"database: {connection.vendor}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER is not None:
        SERVER.stop()
    shutil.rmtree(WORKER_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real public data and golden values; the test is skipped, and says so, where it is not there."""
    folder = Path(os.environ.get("HEADWATER_SHARED") or Path(__file__).parents[2] / "shared")
    if not (folder / "golden").is_dir():
        pytest.skip("the shared data folder is not here (set HEADWATER_SHARED)")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("HEADWATER_HOME", str(folder))
    return folder
