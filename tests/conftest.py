"""Shared set-up: a data folder of its own for each worker, the database asked for, real public data where it is."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

# Before any import of Django settings: a data folder that belongs to this process alone.
WORKER_HOME = Path(tempfile.mkdtemp(prefix="headwater-test-"))
WORKER_HOME.chmod(0o700)
os.environ["HEADWATER_HOME"] = str(WORKER_HOME)
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ.setdefault("HEADWATER_LOG", "WARNING")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="the database under test")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--database") != "postgresql":
        return
    if hasattr(config, "workerinput"):
        os.environ["HEADWATER_DATABASE_URL"] = config.workerinput["database_url"]
    else:
        from tests.postgresql import Server

        server = Server.start()
        config.stash[SERVER] = server
        os.environ["HEADWATER_DATABASE_URL"] = server.url


SERVER = pytest.StashKey["object"]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell each xdist worker where the one PostgreSQL of this run is."""
    if "HEADWATER_DATABASE_URL" in os.environ:
        node.workerinput["database_url"] = os.environ["HEADWATER_DATABASE_URL"]  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.stop()  # type: ignore[attr-defined]
    shutil.rmtree(WORKER_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real public data and golden values; the test is skipped, and says so, where it is not there."""
    folder = Path(os.environ.get("HEADWATER_SHARED") or Path(__file__).parents[2] / "shared")
    if not (folder / "golden").is_dir():
        pytest.skip("the shared data folder is not here (set HEADWATER_SHARED)")
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[Path]":
    """An empty data folder of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("HEADWATER_HOME", str(folder))
    yield folder
