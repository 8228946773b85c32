"""Labels merge by signal, a person's word stays, and relabelling is all or nothing."""

from datetime import date

import pyarrow as pa
import pytest

from headwater.record import Record
from headwater.record.keys import signal_key
from tests.record.samples import arrive, labels, rows_of


def key(record_id: str) -> int:
    return signal_key("app", record_id)


def stages(record: Record) -> dict[object, object]:
    return {row["signal_key"]: row["stage"] for row in rows_of(record, "labels")}


def test_labels_lie_beside_their_signals(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "late"})
    assert record.put_labels(labels({"signal_key": key("1"), "stage": "delivery", "causes": ["late"]})) == 1
    (row,) = rows_of(record, "labels")
    (signal,) = rows_of(record)
    assert row["local_date"] == signal["local_date"]
    assert (row["revision"], row["causes"]) == (1, ["late"])


def test_a_second_label_replaces_the_first_in_one_commit(record: Record) -> None:
    arrive(record, {"record_id": "1"}, {"record_id": "2"})
    record.put_labels(labels({"signal_key": key("1"), "stage": "a"}, {"signal_key": key("2"), "stage": "a"}))
    before = record.versions().labels
    record.put_labels(labels({"signal_key": key("1"), "stage": "b"}))
    assert record.versions().labels == before + 1
    assert stages(record) == {key("1"): "b", key("2"): "a"}


def test_of_two_labels_in_one_batch_the_later_counts(record: Record) -> None:
    arrive(record, {"record_id": "1"})
    record.put_labels(labels({"signal_key": key("1"), "stage": "a"}, {"signal_key": key("1"), "stage": "b"}))
    assert stages(record) == {key("1"): "b"}


def test_a_model_never_overwrites_a_person(record: Record) -> None:
    arrive(record, {"record_id": "1"})
    record.put_labels(labels({"signal_key": key("1"), "stage": "person's", "author": "person"}))
    assert record.put_labels(labels({"signal_key": key("1"), "stage": "model's"})) == 0
    with record.relabelling() as aside:
        aside.add(labels({"signal_key": key("1"), "stage": "model's"}))
    assert stages(record) == {key("1"): "person's"}
    record.put_labels(labels({"signal_key": key("1"), "stage": "second thought", "author": "person"}))
    assert stages(record) == {key("1"): "second thought"}


def test_labels_of_signals_that_are_gone_are_left_out(record: Record) -> None:
    assert record.put_labels(labels({"signal_key": key("nobody"), "stage": "a"})) == 0


def test_labels_without_a_key_are_refused(record: Record) -> None:
    with pytest.raises(ValueError, match="signal_key"):
        record.put_labels(pa.table({"stage": ["a"]}))


def test_unlabelled_are_those_with_words_that_this_model_has_not_read(record: Record) -> None:
    arrive(
        record,
        {"record_id": "words", "text": "late"},
        {"record_id": "event", "kind": "event", "event": "delivery_late"},
        {"record_id": "score alone", "score": 3.0},
        {"record_id": "empty", "text": ""},
    )
    waiting = record.unlabelled("m1", 1, 10)
    assert set(waiting["signal_key"].to_pylist()) == {key("words"), key("event")}
    record.put_labels(labels(*({"signal_key": one, "stage": None} for one in waiting["signal_key"].to_pylist())))
    assert len(record.unlabelled("m1", 1, 10)) == 0
    assert len(record.unlabelled("m1", 1, 10)) == 0
    assert len(record.unlabelled("m2", 1, 10)) == 2
    assert len(record.unlabelled("m1", 2, 10)) == 2
    assert len(record.unlabelled("m2", 1, 1)) == 1


def test_a_revision_is_labelled_again_and_a_persons_word_is_not(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "a"}, {"record_id": "2", "text": "a"})
    record.put_labels(labels({"signal_key": key("1")}, {"signal_key": key("2"), "author": "person"}))
    arrive(record, {"record_id": "1", "text": "b"}, {"record_id": "2", "text": "b"})
    assert record.unlabelled("m1", 1, 10)["signal_key"].to_pylist() == [key("1")]


def test_a_label_follows_its_signal_to_another_day(record: Record) -> None:
    arrive(record, {"record_id": "1"}, {"record_id": "2"})
    record.put_labels(labels({"signal_key": key("1"), "stage": "a"}, {"signal_key": key("2"), "stage": "b"}))
    arrive(record, {"record_id": "1", "local_date": date(2025, 1, 1)})
    days = {row["signal_key"]: row["local_date"] for row in rows_of(record, "labels")}
    assert days == {key("1"): date(2025, 1, 1), key("2"): date(2026, 3, 4)}
    assert stages(record) == {key("1"): "a", key("2"): "b"}


def test_relabelling_replaces_all_in_one_commit(record: Record) -> None:
    arrive(record, *({"record_id": str(number), "text": "x"} for number in range(50)))
    seen = 0
    before = record.versions().labels
    with record.relabelling() as aside:
        for rows in record.each_labellable():
            seen += len(rows)
            aside.add(labels(*({"signal_key": one, "stage": "new"} for one in rows["signal_key"].to_pylist())))
        assert stages(record) == {}
    assert seen == 50
    assert record.versions().labels == before + 1
    assert set(stages(record).values()) == {"new"}
    assert len(stages(record)) == 50
    assert not list((record.root / "aside").iterdir())


def test_what_arrives_during_a_relabelling_keeps_its_labels(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "x"})
    with record.relabelling() as aside:
        aside.add(labels({"signal_key": key("1"), "stage": "new"}))
        arrive(record, {"record_id": "2", "text": "x"})
        record.put_labels(labels({"signal_key": key("2"), "stage": "fresh"}))
    assert stages(record) == {key("1"): "new", key("2"): "fresh"}


def test_a_relabelling_that_fails_changes_nothing(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "x"})
    record.put_labels(labels({"signal_key": key("1"), "stage": "old"}))

    def fail() -> None:
        with record.relabelling() as aside:
            aside.add(labels({"signal_key": key("1"), "stage": "new"}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert stages(record) == {key("1"): "old"}


def test_in_a_relabelling_the_later_label_of_a_signal_counts(record: Record) -> None:
    arrive(record, {"record_id": "1"})
    with record.relabelling() as aside:
        aside.add(labels({"signal_key": key("1"), "stage": "a"}))
        aside.add(labels({"signal_key": key("1"), "stage": "b"}, {"signal_key": key("1"), "stage": "c"}))
        aside.add(labels({"signal_key": key("unknown"), "stage": "d"}))
    assert stages(record) == {key("1"): "c"}


def test_relabelling_nothing_changes_nothing(record: Record) -> None:
    arrive(record, {"record_id": "1", "text": "x"})
    record.put_labels(labels({"signal_key": signal_key("app", "1"), "stage": "pay"}))
    with record.relabelling():
        pass
    assert [row["stage"] for row in rows_of(record, "labels")] == ["pay"]


def test_batches_of_unlabelled_signals_come_to_an_end_over_many_files(record: Record) -> None:
    for first in range(0, 30, 10):
        arrive(record, *({"record_id": str(first + one), "text": "x"} for one in range(10)))
    found: list[int] = []
    while len(rows := record.unlabelled("m1", 1, 4)):
        assert len(rows) <= 4
        found += rows["signal_key"].to_pylist()
        record.put_labels(labels(*({"signal_key": key} for key in rows["signal_key"].to_pylist())))
    assert sorted(found) == sorted(signal_key("app", str(one)) for one in range(30))
    arrive(record, {"record_id": "7", "text": "said anew"}, {"record_id": "new", "text": "x"})
    assert len(record.unlabelled("m1", 1, 10)) == 2
