"""Tests make their tables from the models, which is quick; here the migrations prove that they make the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db
NAME = "migrated"


@pytest.fixture(autouse=True)
def _migrations(settings: LazySettings) -> None:
    """They are put aside while the tables of all tests are made."""
    settings.MIGRATION_MODULES = {}


@pytest.fixture
def migrated() -> Iterator[BaseDatabaseWrapper]:
    """A database of its own, with the tables that the migrations make on a first start."""
    on_server = connection.vendor == "postgresql"
    other = connection.copy(NAME)
    other.settings_dict["NAME"] = NAME if on_server else ":memory:"
    if on_server:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"create database {NAME}")
    connections[NAME] = other
    executor = MigrationExecutor(other)
    executor.migrate(executor.loader.graph.leaf_nodes())
    yield other
    other.close()
    del connections[NAME]
    if on_server:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"drop database {NAME}")


def test_the_migrations_know_every_model() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def test_an_empty_database_is_migrated_to_the_tables_of_the_models(migrated: BaseDatabaseWrapper) -> None:
    made = connection.introspection.django_table_names()
    assert set(made) <= set(migrated.introspection.table_names())
    for table in made:
        assert shape_of(migrated, table) == shape_of(connection, table), table


def shape_of(database: BaseDatabaseWrapper, table: str) -> tuple[Any, Any]:
    """The columns and constraints of a table, whatever their order and the numbers of those without a name."""
    with database.cursor() as cursor:
        columns = {column.name: column for column in database.introspection.get_table_description(cursor, table)}
        constraints = database.introspection.get_constraints(cursor, table)
    return columns, sorted(
        ("" if name.startswith(("__", "fk_")) else name, repr(said)) for name, said in constraints.items()
    )
