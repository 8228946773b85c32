"""What colleagues say is read only in groups large enough, and by no question about customers."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from headwater.record import Record
from headwater.record.questions import Size, Sums, TeamScores


def answers(department: str | None, n: int, *, start: int = 0, score: float = 8.0) -> list[dict[str, object]]:
    return [
        {
            "source": "pulse",
            "record_id": f"{department}-{number}",
            "local_date": date(2026, 3, 1) + timedelta(days=number % 20),
            "department": department,
            "metric": "enps",
            "score": score,
            "score_band": 0,
            "text": "between us",
        }
        for number in range(start, start + n)
    ]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "record")


def test_groups_below_five_are_never_given_out_whatever_is_asked(record: Record) -> None:
    record.put_employee_signals(pa.Table.from_pylist([*answers("warehouse", 5), *answers("finance", 4)]))
    for minimum in (0, 1, 5):
        found = record.ask(TeamScores("enps", minimum))
        assert [(one.department, one.month, one.n, one.score_sum) for one in found] == [
            ("warehouse", date(2026, 3, 1), 5, 40.0)
        ]
    assert record.ask(TeamScores("enps", 6)) == ()


def test_the_same_answer_sent_twice_counts_once_and_a_later_one_replaces(record: Record) -> None:
    rows = pa.Table.from_pylist(answers("warehouse", 6))
    record.put_employee_signals(rows)
    record.put_employee_signals(rows)
    record.put_employee_signals(pa.Table.from_pylist(answers("warehouse", 1, score=2.0)))
    (team,) = record.ask(TeamScores("enps"))
    assert (team.n, team.score_sum) == (6, 42.0)


def test_no_question_about_customers_sees_colleagues(record: Record) -> None:
    record.put_employee_signals(pa.Table.from_pylist(answers("warehouse", 9)))
    assert record.ask(Size()).signals == 0
    assert record.ask(Sums(("kind",))).rows == ()


def test_answers_without_a_department_belong_to_no_group(record: Record) -> None:
    record.put_employee_signals(pa.Table.from_pylist([*answers(None, 9), *answers("warehouse", 5)]))
    assert [one.department for one in record.ask(TeamScores("enps"))] == ["warehouse"]


def test_a_signal_without_an_id_is_refused(record: Record) -> None:
    with pytest.raises(ValueError, match="record_id"):
        record.put_employee_signals(pa.table({"source": ["pulse"], "local_date": [date(2026, 3, 1)]}))
