"""Every question can be asked of Spark too."""

from dataclasses import replace
from datetime import date

import pytest
import sqlglot
from sqlglot import exp

from headwater.record.questions import Known, Question
from headwater.record.schema import ROLLUPS, SIGNALS, SUMS
from headwater.record.spark import spark_sql
from tests.record.questions import QUESTIONS

SUM_NAMES = {column.name for column in SUMS}
WITH_ROLLUPS = Known(frozenset(SIGNALS.names), {shape.name: frozenset(shape.names) - SUM_NAMES for shape in ROLLUPS})
BEHIND = replace(WITH_ROLLUPS, touched={name: frozenset((date(2026, 3, 4),)) for name in WITH_ROLLUPS.rollups})
DUCKDB_ONLY = ("UNNEST(", "XOR(", "LIST_", "ARRAY_LENGTH(", "[CAST")


@pytest.mark.parametrize("known", [Known(), WITH_ROLLUPS, BEHIND], ids=["rows", "rollups", "both"])
@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_written_for_spark(name: str, known: Known) -> None:
    question: Question[object] = QUESTIONS[name]
    written = spark_sql(question.query(known))
    assert not [word for word in DUCKDB_ONLY if word in written]
    read = sqlglot.parse_one(written, dialect="spark")
    assert isinstance(read, exp.Select)
    assert not list(read.find_all(exp.Anonymous))


def test_percentiles_stay_exact() -> None:
    query = sqlglot.parse_one(
        "select percentile_cont(0.5) within group (order by score) from signals", dialect="duckdb"
    )
    assert spark_sql(query) == "SELECT PERCENTILE(score, 0.5) FROM signals"


def test_no_number_becomes_a_decimal() -> None:
    for question in QUESTIONS.values():
        for number in question.query(Known()).find_all(exp.Literal):
            assert number.is_string or "." not in number.name or "e" in number.name
