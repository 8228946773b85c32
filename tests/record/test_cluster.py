"""The same Delta files give the same answers on a real Spark cluster."""

import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from headwater.record import Record, rollups
from headwater.record.questions import Known, Question
from headwater.record.spark import spark_sql
from tests.record.cluster import running
from tests.record.questions import QUESTIONS
from tests.record.test_rollups import fill

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    record = Record(tmp_path_factory.mktemp("cluster") / "record")
    fill(record, 600)
    record.merge_customers("c7", into="c8")
    yield record
    record.close()


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory, company: Record) -> "Iterator[SparkSession]":
    with running(tmp_path_factory.mktemp("spark")) as address:
        from pyspark.sql import SparkSession

        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.executor.memory": "800m",
            "spark.sql.shuffle.partitions": "2",
        }
        builder = SparkSession.builder.master(address)
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        for name, table in company._store.tables.items():
            view(session, name, [str(file.path) for file in table.snapshot().files], table.arrow_schema())
        yield session
        session.stop()


def view(session: "SparkSession", name: str, paths: list[str], schema: pa.Schema) -> None:
    """A view of the files of one version; of an empty table, one with its columns."""
    from pyspark.sql.pandas.types import from_arrow_schema

    if paths:
        session.read.parquet(*paths).createOrReplaceTempView(name)
    else:
        session.createDataFrame([], from_arrow_schema(schema)).createOrReplaceTempView(name)


@pytest.mark.parametrize("name", QUESTIONS)
def test_spark_gives_the_same_answer_from_rows(company: Record, spark: "SparkSession", name: str) -> None:
    known = all_known(company, {"c7": "c8"})
    compare(company, spark, QUESTIONS[name], Known(known.columns, merged=known.merged))


@pytest.mark.parametrize("name", ["by every period", "by bucket", "flows"])
def test_spark_gives_the_same_answer_from_rollups(company: Record, spark: "SparkSession", name: str) -> None:
    compare(company, spark, QUESTIONS[name], all_known(company, {}))


@pytest.mark.parametrize("name", ["by every period", "by bucket", "flows"])
def test_spark_gives_the_same_answer_from_rollups_and_the_rows_since(
    company: Record, spark: "SparkSession", name: str
) -> None:
    known = all_known(company, {})
    some = frozenset(date(2023, 11, day) for day in range(1, 31))
    compare(company, spark, QUESTIONS[name], replace(known, touched=dict.fromkeys(known.rollups, some)))


def all_known(company: Record, merged: dict[str, str]) -> Known:
    return rollups.known(company._store.tables, company._store.snapshots(company._store.tables), merged)


def compare(company: Record, spark: "SparkSession", question: Question[object], known: Known) -> None:
    answer = question.answer(spark.sql(spark_sql(question.query(known))).toArrow())
    assert plain(answer) == pytest.approx(plain(company.ask(question)))


def plain(value: Any) -> Any:
    """Every leaf by its path; numbers that may differ in their last bit can be compared so."""
    leaves = dict(flat(value))
    return {path: str(one) if isinstance(one, date) else one for path, one in leaves.items()}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from flat(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from flat(one, f"{path}.{key}")
    elif isinstance(value, np.ndarray):
        yield from flat(value.tolist(), path)
    elif isinstance(value, tuple | list | frozenset):
        for place, one in enumerate(sorted(value) if isinstance(value, frozenset) else value):
            yield from flat(one, f"{path}[{place}]")
    else:
        yield path, value
