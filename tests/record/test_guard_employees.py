"""What colleagues say is read only in groups large enough, and by no question about customers."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import headwater.science as hs
from headwater.record import Record
from headwater.record.questions import (
    Published,
    Size,
    Sums,
    TeamCell,
    TeamFigures,
    TeamMonths,
    TeamRelease,
    TeamWords,
)
from headwater.record.questions.question import Known, tables
from headwater.record.schema import EMPLOYEE_SIGNALS, SHAPES
from tests.record.questions import QUESTIONS

MARCH = date(2026, 3, 1)
UNITS = (("supply", ""), ("warehouse", "supply"), ("delivery", "supply"), ("finance", ""))
TREE: dict[str, str | None] = {"": None, **dict(UNITS)}


def answers(
    department: str | None, scores: Iterable[float], *, start: int = 0, arrival: int = 1, **more: Any
) -> list[dict[str, Any]]:
    return [
        {
            "source": "pulse",
            "record_id": f"{department}-{number}-{more.get('metric', 'role')}",
            "local_date": MARCH,
            "department": department,
            "kind": "pulse",
            "metric": "role",
            "score": score,
            "arrival": arrival,
            **more,
        }
        for number, score in enumerate(scores, start)
    ]


def table(*rows: list[dict[str, Any]]) -> pa.Table:
    together = [row for part in rows for row in part]
    names = {name for row in together for name in row}
    return pa.Table.from_pylist(
        together, schema=pa.schema([one for one in EMPLOYEE_SIGNALS.schema if one.name in names])
    )


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "record")


def cells(record: Record, **more: Any) -> dict[str, TeamCell]:
    (release,) = record.ask(TeamFigures(MARCH, UNITS, **more))
    return dict(release.cells)


def test_a_month_is_published_with_its_totals(record: Record) -> None:
    record.put_employee_signals(
        table(answers("warehouse", [0, 25, 50, 75, 100, 100]), answers("finance", [50, 75, 50, 75, 50]))
    )
    found = cells(record)
    assert set(found) == {"", "supply", "warehouse", "finance"}
    assert (found["warehouse"].n, found["warehouse"].total, found["warehouse"].squares) == (6, 350, 28_750)
    assert (found[""].n, found[""].total) == (11, 650)


def test_groups_below_five_are_never_given_out_whatever_is_asked(record: Record) -> None:
    record.put_employee_signals(table(answers("warehouse", [0, 25, 50, 75, 100]), answers("finance", [0, 25, 50, 75])))
    for minimum in (0, 1, 5):
        assert "finance" not in cells(record, minimum=minimum)
    assert set(cells(record, minimum=9)) == {""}
    assert cells(record, minimum=9)[""].n == 9
    assert record.ask(TeamFigures(MARCH, UNITS, 10))[0].cells == ()


def test_a_total_does_not_give_a_small_team_away(record: Record) -> None:
    record.put_employee_signals(
        table(answers("warehouse", [0, 50] * 10), answers("delivery", [0, 50] * 4), answers("finance", [0, 50, 100]))
    )
    found = cells(record)
    # Finance is three: everybody less the supply chain, or less its two teams, would be finance.
    assert set(found) == {"", "warehouse"}


def test_a_team_in_which_all_answer_the_same_is_not_shown(record: Record) -> None:
    record.put_employee_signals(table(answers("warehouse", [100] * 8), answers("delivery", [0, 50] * 4)))
    assert set(cells(record)) == {"", "supply"}


def test_the_same_answer_sent_twice_counts_once_and_a_later_one_replaces(record: Record) -> None:
    rows = table(answers("warehouse", [0, 25, 50, 75, 100, 100]))
    assert record.put_employee_signals(rows) == 6
    assert record.put_employee_signals(rows) == 0
    assert record.put_employee_signals(table(answers("warehouse", [75], arrival=2))) == 1
    assert cells(record)["warehouse"].total == 425
    assert record.ask(TeamMonths()) == ((MARCH, 2),)


def published(releases: tuple[TeamRelease, ...]) -> tuple[Published, ...]:
    return tuple(Published(one.metric, one.cells, one.arrival) for one in releases)


def test_one_late_answer_waits_until_it_cannot_be_told_apart(record: Record) -> None:
    record.put_employee_signals(table(answers("warehouse", [0, 50] * 4), answers("finance", [0, 50] * 4)))
    first = record.ask(TeamFigures(MARCH, UNITS))
    record.put_employee_signals(table(answers("warehouse", [100], start=20, arrival=2)))
    assert record.ask(TeamFigures(MARCH, UNITS, before=published(first))) == ()
    record.put_employee_signals(table(answers("warehouse", [100, 0, 50, 25], start=21, arrival=3)))
    (again,) = record.ask(TeamFigures(MARCH, UNITS, before=published(first)))
    assert dict(again.cells)["warehouse"].n == 13
    assert again.arrival == 3


def test_someone_who_changes_teams_is_not_given_away(record: Record) -> None:
    record.put_employee_signals(table(answers("warehouse", [0, 50] * 4), answers("finance", [0, 50] * 4)))
    first = record.ask(TeamFigures(MARCH, UNITS))
    moved = [{**row, "department": "finance"} for row in answers("warehouse", [0], arrival=2)]
    record.put_employee_signals(table(moved, answers("finance", [0, 50, 75, 100], start=30, arrival=2)))
    assert record.ask(TeamFigures(MARCH, UNITS, before=published(first))) == ()


def test_amounts_count_the_people_they_are_about(record: Record) -> None:
    amount = {"kind": "turnover", "metric": "leavers"}
    record.put_employee_signals(
        table(
            answers("warehouse", [1], people=40, **amount),
            answers("delivery", [2], people=20, **amount),
            answers("finance", [1], people=4, **amount),
        )
    )
    assert record.ask(TeamFigures(MARCH, UNITS)) == ()
    found = cells(record, kinds=("turnover",))
    assert found["warehouse"] == TeamCell(40, 1.0, 1.0)
    assert "finance" not in found


def test_words_come_without_who_and_when_and_never_from_few(record: Record) -> None:
    said = {"metric": "comment", "score": None}
    rows = [
        {**row, "text": f"words of {row['department']} {number}"}
        for department, n in (("warehouse", 6), ("delivery", 3), ("finance", 7))
        for number, row in enumerate(answers(department, [0.0] * n, **said))
    ]
    record.put_employee_signals(table(rows))
    found = dict(record.ask(TeamWords(MARCH, UNITS)))
    # Delivery's three stand with the warehouse's, where nobody can tell them apart.
    assert {unit: len(words) for unit, words in found.items()} == {"supply": 9, "finance": 7}
    assert list(found["finance"]) != [row["text"] for row in rows if row["department"] == "finance"]


def test_no_question_about_customers_reads_colleagues() -> None:
    for name, question in QUESTIONS.items():
        if not name.startswith("team "):
            assert "employee_signals" not in tables(question.query(Known())), name
    assert [shape.name for shape in SHAPES].count("employee_signals") == 1


def test_colleagues_are_no_signals(record: Record) -> None:
    record.put_employee_signals(table(answers("warehouse", [0, 50] * 5)))
    assert record.ask(Size()).signals == 0
    assert record.ask(Sums(("kind",))).rows == ()


def test_answers_without_a_department_belong_to_everybody_alone(record: Record) -> None:
    record.put_employee_signals(table(answers(None, [0, 50] * 5), answers("warehouse", [0, 50] * 3)))
    found = cells(record)
    assert found[""].n == 16
    assert found["warehouse"].n == 6


def test_what_is_old_or_erased_is_gone(record: Record) -> None:
    old = [{**row, "local_date": date(2024, 1, 1)} for row in answers("warehouse", [0, 50], start=90)]
    said = [{**row, "text": "mine"} for row in answers("warehouse", [0.0], metric="comment", start=7)]
    record.put_employee_signals(table(old, answers("warehouse", [0, 50] * 5), said))
    assert record.forget_employee_signals(before=date(2025, 1, 1)) == 2
    assert record.ask(TeamMonths()) == ((MARCH, 1),)
    assert record.erase_employee_signals(["warehouse-7-comment", "warehouse-0-role"]) == ("mine",)
    assert cells(record)["warehouse"].n == 9
    files = (record.root / "employee_signals").glob("part-*.parquet")
    assert all(b"mine" not in file.read_bytes() for file in files)


def test_a_signal_without_an_id_is_refused(record: Record) -> None:
    with pytest.raises(ValueError, match="record_id"):
        record.put_employee_signals(pa.table({"source": ["pulse"], "local_date": [MARCH]}))


arrivals = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["supply", "warehouse", "delivery", "finance", "gone"]), st.integers(0, 2)),
        max_size=14,
    ),
    min_size=1,
    max_size=4,
)


@given(arrivals, st.integers(5, 7))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_published_one_after_the_other_gives_fewer_than_five_away(
    batches: list[list[tuple[str, int]]], minimum: int
) -> None:
    rows: list[dict[str, Any]] = []
    seen: dict[str, set[object]] = {}
    before: tuple[Published, ...] = ()
    for arrival, batch in enumerate(batches, 1):
        for number, (department, score) in enumerate(batch):
            rows.append({"department": department, "score": float(score), "arrival": arrival, "who": (arrival, number)})
        question = TeamFigures(MARCH, UNITS, minimum, before=before)
        for release in question.answer(summed(rows)):
            before = published((release,))
            for unit, cell in release.cells:
                inside = {row["who"] for row in rows if is_in(row["department"], unit)}
                assert cell.n == len(inside)
                seen[f"{unit} at {arrival}"] = inside
    assert hs.nested_differences(seen, 5) == []


def is_in(department: str, unit: str) -> bool:
    place: str | None = department if department in TREE else ""
    while place is not None and place != unit:
        place = TREE[place]
    return place == unit


def summed(rows: list[dict[str, Any]]) -> pa.Table:
    """What the query of ``TeamFigures`` answers for these rows."""
    groups: dict[tuple[str, int], list[float]] = {}
    for row in rows:
        groups.setdefault((row["department"], row["arrival"]), []).append(row["score"])
    return pa.Table.from_pylist(
        [
            {
                "kind": "pulse",
                "metric": "role",
                "department": department,
                "n": len(scores),
                "total": sum(scores),
                "squares": sum(score * score for score in scores),
                "low": 0,
                "top": 0,
                "lowest": min(scores),
                "highest": max(scores),
                "arrival": arrival,
            }
            for (department, arrival), scores in groups.items()
        ]
    )
