"""Compacting, promoting and checking change how the record lies on the disk, never what it answers."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable

from headwater.record import Record
from headwater.record import record as opening
from headwater.record.filters import parse
from headwater.record.keys import signal_key
from headwater.record.lake import RecordTooNew
from headwater.record.questions import AttributeNames, FieldValues, Size, Sums, Verbatims
from headwater.record.schema import SHAPES
from tests.record.samples import DAY, arrive, labels, rows_of, table_of
from tests.record.test_rollups import fill, from_rows, table_read


def files(record: Record, name: str = "signals") -> list[str]:
    return DeltaTable(str(record.root / name)).file_uris()


def test_small_files_become_one_and_nothing_else_changes(record: Record) -> None:
    for number in range(5):
        arrive(record, {"record_id": str(number), "text": "x", "stage": "pay"}, transaction=number)
        record.put_labels(labels({"signal_key": signal_key("app", str(number)), "stage": "a"}))
    before = {str(row["record_id"]): row for row in rows_of(record)}
    report = record.compact(retention=0)
    assert len(files(record)) == len(files(record, "labels")) == 1
    assert report.before > report.after
    assert report.deleted > 0
    assert {str(row["record_id"]): row for row in rows_of(record)} == before
    assert record.transaction("inbox") == 4
    assert record.check() == []
    assert record.compact(retention=0).deleted == 0


def test_files_whose_days_overlap_are_sorted_apart(record: Record) -> None:
    for seed in range(3):
        fill(record, 60, first=seed * 1000, seed=seed)
    record.compact(retention=0)
    assert len(files(record)) == 1
    days = [row["local_date"] for row in rows_of(record)]
    assert days == sorted(days)


def test_replaced_files_stay_for_readers_until_the_retention_ends(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "a"})
    old = files(record)[0]
    arrive(record, {"record_id": "1", "text": "b"})
    record.compact()
    assert Path(old).exists()
    record.compact(retention=0)
    assert not Path(old).exists()


def test_a_reader_whose_file_is_deleted_reads_again(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "a"})
    reader = Record(record.root)
    assert reader.ask(Verbatims()).rows[0].text == "a"
    stale = reader._store.tables["signals"].snapshot()
    arrive(record, {"record_id": "1", "text": "b"})
    record.compact(retention=0)
    fresh = type(reader._store.tables["signals"]).snapshot
    calls = iter([stale])
    table = reader._store.tables["signals"]
    table.snapshot = lambda: next(calls, None) or fresh(table)  # type: ignore[method-assign]
    assert reader.ask(Verbatims()).rows[0].text == "b"
    reader.close()


def test_a_promoted_attribute_gives_the_same_answers_from_a_rollup(record: Record) -> None:
    for number, plan in enumerate(["gold", "gold", "basic"]):
        arrive(record, {"record_id": str(number), "attributes": {"plan type": plan}})
    question = Sums(("attribute:plan type",), parse("attribute:\"plan type\" != 'x'"))
    before = record.ask(question)
    record.promote("plan type")
    assert table_read(record, question) == "rollup_days"
    assert record.ask(question) == before
    arrive(record, {"record_id": "new", "attributes": {"plan type": "gold"}}, {"record_id": "none"})
    record.refresh_rollups()
    counts = {row.group["attribute:plan type"]: row.n for row in record.ask(Sums(("attribute:plan type",))).rows}
    assert counts == {"gold": 3, "basic": 1, None: 1}
    assert [row.n for row in from_rows(record, Sums(("attribute:plan type",)))] == [1, 3, 1]
    assert record.ask(AttributeNames())[0].value == "plan type"
    assert record.ask(FieldValues("attribute:plan type"))[0].n == 3
    record.compact(retention=0)
    assert record.check() == []


def test_an_attribute_with_many_values_gets_a_column_and_no_rollup(record: Record) -> None:
    arrive(record, *({"record_id": str(number), "attributes": {"zip": str(number)}} for number in range(60)))
    record.promote("zip")
    assert table_read(record, Sums(("attribute:zip",))) == "labels,signals"
    assert len(record.ask(Sums(("attribute:zip",))).rows) == 60


def test_an_older_table_gets_the_columns_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    older = [replace(one, columns=one.columns[:-1]) if one.name == "labels" else one for one in SHAPES]
    with monkeypatch.context() as patch:
        patch.setattr(opening, "SHAPES", older)
        old = Record(tmp_path / "record")
        arrive(old, {"record_id": "1", "text": "x"})
        old.put_labels(labels({"signal_key": signal_key("app", "1"), "stage": "a"}))
        old.close()
    now = Record(tmp_path / "record")
    assert "labelled_at" in now._store.tables["labels"].snapshot().columns
    assert now.ask(Sums(("stage",))).rows[0].group == {"stage": "a"}
    assert now.check() == []
    now.close()


def test_a_record_of_a_newer_program_is_refused(record: Record) -> None:
    table = DeltaTable(str(record.root / "labels"))
    table.alter.set_table_properties({"headwater.schemaVersion": "99"}, raise_if_not_exists=False)
    with pytest.raises(RecordTooNew, match="schema version 99"):
        Record(record.root)


def test_a_sound_record_has_no_findings(record: Record) -> None:
    fill(record, 300)
    assert record.check() == []


@pytest.fixture
def damaged(record: Record) -> Record:
    fill(record, 100)
    return record


def test_checking_finds_a_key_that_is_there_twice(damaged: Record) -> None:
    table = damaged._store.tables["signals"]
    rows = table_of(damaged)
    table.commit(table.write(rows.slice(0, 1)), note={"days": "all"})
    assert [finding.code for finding in damaged.check()] == ["key_twice"]


def test_checking_finds_a_file_that_is_gone_or_damaged(damaged: Record) -> None:
    path = Path(files(damaged)[0])
    path.write_bytes(path.read_bytes() + b"x")
    assert "damaged_file" in {finding.code for finding in damaged.check()}


def test_checking_repairs_a_rollup_that_lies(damaged: Record) -> None:
    table = damaged._store.tables["rollup_days"]
    signals, labelled = table.snapshot().stands_for
    assert signals is not None
    assert labelled is not None
    table.commit(remove=table.snapshot().files[:1], transactions={"signals": signals, "labels": labelled})
    assert [finding.code for finding in damaged.check()] == ["rollup_wrong"]
    assert damaged.check() == []
    question = Sums(("day",))
    assert damaged.ask(question).rows == tuple(from_rows(damaged, question))


def test_work_that_was_abandoned_is_found_and_swept(record: Record) -> None:
    (record.root / "aside" / "dead").mkdir(parents=True)
    assert [(finding.code, finding.is_wrong) for finding in record.check()] == [("abandoned_work", False)]
    with record.relabelling() as aside:
        aside.add(labels({"signal_key": 1}))
        record.compact()
        assert len(list((record.root / "aside").iterdir())) == 1
    assert record.check() == []


def test_opening_a_record_sweeps_what_was_abandoned_and_nothing_else(record: Record) -> None:
    (record.root / "aside" / "dead").mkdir(parents=True)
    (record.root / "spill" / "dead").mkdir()
    with record.relabelling():
        other = Record(record.root)
        assert other.check() == []
        assert len(list((record.root / "aside").iterdir())) == 1
        assert len(list((record.root / "spill").iterdir())) == 2  # one for each of the two open records
        other.close()


def test_size_counts_what_is_there(record: Record) -> None:
    empty = record.ask(Size())
    assert (empty.signals, empty.first_day) == (0, None)
    arrive(
        record,
        {"record_id": "1", "text": "a", "customer_id": "c"},
        {"record_id": "2", "local_date": date(2026, 3, 13)},
    )
    size = record.ask(Size())
    assert (size.signals, size.with_text, size.labelled, size.customers) == (2, 1, 0, 1)
    assert (size.first_day, size.last_day) == (DAY, date(2026, 3, 13))
