"""Signals are labelled: by their words, by evidence, by what the source says; again when the journey changes."""

from typing import Any

import pytest

from headwater.base.models import Job
from headwater.insight import labelling
from headwater.insight.labelling import label_new, relabel_everything
from headwater.insight.models import LabellerInForce, TextModel
from headwater.journey.queries import taxonomy
from headwater.journey.services import add_item, publish_draft
from headwater.record import Record
from headwater.record.keys import signal_key
from headwater.record.questions import Signal, SignalRow
from tests.insight.conftest import Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]

WORDS = {
    "late": "My parcel is still not here, it was promised for last Tuesday and it is a week late",
    "damaged": "The box was crushed and the vase inside arrived broken",
    "praise": "Thank you so much, I love it, everything was perfect",
    "odd": "😀 مرحبا",
}


def words(number: str, text: str, **more: Any) -> dict[str, Any]:
    return {"record_id": number, "kind": "contact", "text": text, "language": "en", **more}


@pytest.fixture
def four(write: Write) -> None:
    write([words(name, text) for name, text in WORDS.items()])


def signal(record: Record, name: str) -> Signal:
    found = record.ask(SignalRow(signal_key("test", name)))
    assert found is not None
    return found


def test_words_are_understood_on_the_first_day(four: None, record: Record) -> None:
    assert label_new() == 4
    damaged = signal(record, "damaged")
    assert damaged.causes[:1] == ("damaged",)
    assert damaged.sentiment == "negative"
    assert 0 < damaged.cause_confidences[0] <= 1
    assert signal(record, "praise").sentiment == "positive"
    assert damaged.label_author == "model"


def test_praise_names_no_failure(four: None, record: Record) -> None:
    label_new()
    demands = [cause.demand for name in signal(record, "praise").causes if (cause := taxonomy().cause(name))]
    assert "failure" not in demands


def test_what_is_labelled_is_not_labelled_again(four: None) -> None:
    label_new()
    assert label_new() == 0


def test_an_event_is_its_cause_by_evidence(write: Write, record: Record) -> None:
    cause = next(cause for cause in taxonomy().active_causes if cause.events)
    write([{"record_id": "e", "kind": "event", "event": cause.events[0]}])
    label_new()
    found = signal(record, "e")
    assert cause.id in found.causes
    assert set(found.cause_confidences) == {1.0}


def test_an_event_that_no_cause_names_gets_an_empty_label(write: Write, record: Record) -> None:
    write([{"record_id": "e", "kind": "event", "event": "shop_window_cleaned"}])
    assert label_new() == 1
    assert signal(record, "e").causes == ()
    assert label_new() == 0


def test_what_the_source_says_stays(write: Write, record: Record) -> None:
    stage = taxonomy().stages[0].id
    write([words("s", WORDS["damaged"], stage=stage, sentiment="positive")])
    label_new()
    found = signal(record, "s")
    assert (found.stage, found.sentiment) == (stage, "positive")


def test_an_english_company_begins_with_the_english_table_and_another_with_the_multilingual(
    write: Write, record: Record
) -> None:
    write([words("pt", "o produto veio quebrado", language="pt")])
    label_new()
    assert TextModel.objects.get().pair == "multilingual"
    assert signal(record, "pt").sentiment == "negative"


def test_a_new_journey_counts_for_everything_at_once(four: None, record: Record) -> None:
    label_new()
    add_item(None, "cause", {"name": "Squeaky lid", "description": "The lid squeaks", "examples": ["the lid squeaks"]})
    publish_draft(None)
    label_new()
    assert LabellerInForce.objects.get().taxonomy_version == taxonomy().version
    assert not len(record.unlabelled(TextModel.objects.get().name, taxonomy().version, 10))


def test_a_large_record_waits_for_the_job_and_keeps_its_labels_till_then(
    four: None, write: Write, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_new()
    before = LabellerInForce.objects.get().taxonomy_version
    monkeypatch.setattr(labelling, "AT_ONCE", 1)
    add_item(None, "cause", {"name": "Squeaky lid", "description": "The lid squeaks"})
    publish_draft(None)
    write([words("new", WORDS["damaged"])])
    assert label_new() == 1
    assert LabellerInForce.objects.get().taxonomy_version == before
    assert signal(record, "new").causes[:1] == ("damaged",)
    assert Job.objects.filter(name="insight.relabel", state=Job.State.WAITING).exists()


def test_relabelling_that_ends_half_way_changes_nothing(
    four: None, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    label_new()
    before, versions = signal(record, "damaged"), record.versions()

    class Killed(Exception):
        pass

    def kill(self: object, *_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(labelling, "_put_in_force", kill)
        with pytest.raises(Killed):
            relabel_everything()
    assert record.versions() == versions
    assert signal(record, "damaged") == before
    assert relabel_everything() == 4
