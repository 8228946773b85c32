"""Set-up by several processes at once, and what server processes must know of one another."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.db import connection, connections

from headwater.base.people import administrators
from headwater.site import setup


@pytest.mark.django_db(transaction=True)
def test_two_first_starts_make_one_administrator(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On PostgreSQL the two have folders of their own, as two machines have."""
    folders = iter(tmp_path / name for name in ("one", "two"))

    def start(folder: Path) -> bool:
        try:
            with setup.only_one():
                return setup.first_administrator() is not None
        finally:
            connections.close_all()

    def own_folder() -> Path:
        folder = next(folders)
        folder.mkdir()
        return folder

    if connection.vendor == "postgresql":
        monkeypatch.setattr(setup, "home", own_folder)
    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(start, (home, home)))
    assert sorted(made) == [False, True]
    assert administrators().count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_one_process_counts_against_guessing_the_others_know() -> None:
    caches["default"].set("attempts", 4)
    another: BaseCache = caches.create_connection("default")
    assert another.get("attempts") == 4


@pytest.mark.django_db(transaction=True)
def test_an_older_database_gets_the_table_of_counts(home: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("drop table django_cache")
    setup.migrate()
    caches["default"].set("attempts", 1)
    assert caches["default"].get("attempts") == 1
