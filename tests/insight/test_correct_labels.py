"""People correct labels: it shows at once, no model overwrites it, and the classifier learns."""

from collections.abc import Callable

import pytest

from headwater.base.models import HistoryEntry, Job, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import NotFound, Refused
from headwater.insight.corrections import correct_label, effective_labels, remove_correction
from headwater.insight.labelling import apply_corrections, current_labeller, label_new, relabel_everything
from headwater.insight.models import LabelCorrection
from headwater.record import Record
from headwater.record.keys import signal_key
from headwater.record.questions import SignalRow, Sums
from tests.insight.conftest import Write
from tests.insight.test_label_signals import signal, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]

KEY = signal_key("test", "one")
TEXT = "The box was crushed and the vase inside arrived broken"


@pytest.fixture
def one(write: Write) -> None:
    write([words("one", TEXT)])
    label_new()


@pytest.fixture
def analyst(person_with: Callable[..., Person]) -> Person:
    return person_with("analyst")


def test_a_correction_shows_at_once_and_reaches_the_record(one: None, record: Record, analyst: Person) -> None:
    correct_label(analyst, KEY, "causes", ["delivery_late"])
    assert effective_labels(KEY)["causes"] == ["delivery_late"]
    assert Job.objects.filter(name="insight.apply_corrections").count() == 1
    apply_corrections()
    found = signal(record, "one")
    assert (found.causes, found.cause_confidences, found.label_author) == (("delivery_late",), (1.0,), "person")
    assert not LabelCorrection.objects.filter(applied_at=None).exists()


def test_no_model_overwrites_what_a_person_said(one: None, record: Record, analyst: Person) -> None:
    correct_label(analyst, KEY, "causes", ["delivery_late"])
    relabel_everything()
    apply_corrections()
    assert signal(record, "one").causes == ("delivery_late",)


def test_a_correction_that_the_record_has_not_yet_survives_a_relabelling(
    one: None, record: Record, analyst: Person
) -> None:
    correct_label(analyst, KEY, "sentiment", "neutral")
    relabel_everything()
    assert signal(record, "one").sentiment == "neutral"


def test_taking_a_correction_back_lets_the_model_speak_again(one: None, record: Record, analyst: Person) -> None:
    before = effective_labels(KEY)["causes"]
    correct_label(analyst, KEY, "causes", [])
    apply_corrections()
    remove_correction(analyst, KEY, "causes")
    apply_corrections()
    assert list(signal(record, "one").causes) == before == effective_labels(KEY)["causes"]


@pytest.fixture
def sourced(write: Write) -> None:
    """A comment whose stage and sentiment the source gives."""
    write([words("one", TEXT, stage="receive", sentiment="negative")])
    label_new()


def groups(record: Record, *by: str) -> set[tuple[str | None, ...]]:
    """The groups that rollups give, and rows alike: distinct customers are counted from rows alone."""
    record.refresh_rollups()
    rolled, counted = (record.ask(Sums(by, customers=customers)).rows for customers in (False, True))
    assert [row.group for row in rolled] == [row.group for row in counted]
    return {tuple(row.group.values()) for row in rolled}


def test_a_person_prevails_over_the_source_and_the_source_over_the_model(
    sourced: None, record: Record, analyst: Person
) -> None:
    assert groups(record, "stage", "sentiment") == {("receive", "negative")}
    correct_label(analyst, KEY, "stage", "order")
    correct_label(analyst, KEY, "causes", ["delivery_late"])
    apply_corrections()
    found = signal(record, "one")
    assert (found.stage, found.source_stage, found.sentiment) == ("order", "receive", "negative")
    assert groups(record, "stage", "sentiment") == {("order", "negative")}
    relabel_everything()
    assert groups(record, "stage", "sentiment") == {("order", "negative")}


def test_a_person_may_say_that_the_source_is_wrong_altogether(sourced: None, record: Record, analyst: Person) -> None:
    correct_label(analyst, KEY, "stage", "")
    correct_label(analyst, KEY, "sentiment", "positive")
    apply_corrections()
    assert groups(record, "stage", "sentiment", "negative") == {(None, "positive", "no")}
    remove_correction(analyst, KEY, "stage")
    remove_correction(analyst, KEY, "sentiment")
    apply_corrections()
    assert groups(record, "stage", "sentiment", "negative") == {("receive", "negative", "yes")}


def test_the_next_comment_is_understood_better(write: Write, record: Record, analyst: Person) -> None:
    write([words(str(number), f"the zorblax of my order {number} went flumpty") for number in range(6)])
    label_new()
    for number in range(4):
        correct_label(analyst, signal_key("test", str(number)), "causes", ["delivery_late"])
    guess, _ = current_labeller().best("cause", ["again a flumpty zorblax"])
    assert guess == ["delivery_late"]


def test_saying_the_same_twice_counts_once(one: None, analyst: Person) -> None:
    for _ in range(2):
        correct_label(analyst, KEY, "sentiment", "neutral")
    assert HistoryEntry.objects.filter(code="label.corrected").count() == 1
    entry = HistoryEntry.objects.get(code="label.corrected")
    assert entry.data == {"field": "sentiment", "old": "negative", "new": "neutral"}


def test_the_latest_word_counts(one: None, analyst: Person, person_with: Callable[..., Person]) -> None:
    correct_label(analyst, KEY, "sentiment", "neutral")
    correct_label(person_with("cx_team"), KEY, "sentiment", "positive")
    assert effective_labels(KEY)["sentiment"] == "positive"
    assert LabelCorrection.objects.count() == 1


@pytest.mark.parametrize("role", ["employee", "executive", "hr"])
def test_others_may_not_correct(one: None, person_with: Callable[..., Person], role: str) -> None:
    with pytest.raises(NotAllowed):
        correct_label(person_with(role), KEY, "sentiment", "neutral")
    with pytest.raises(NotAllowed):
        remove_correction(person_with(role), KEY, "sentiment")
    assert not LabelCorrection.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("colour", "red", "label_unknown"),
        ("sentiment", "furious", "label_value_unknown"),
        ("sentiment", None, "label_value_unknown"),
        ("stage", {"a": 1}, "label_value_unknown"),
        ("causes", "delivery_late", "causes_malformed"),
        ("causes", ["delivery_late"] * 99, "causes_malformed"),
        ("causes", [["delivery_late"]], "label_value_unknown"),
        ("causes", ["no_such_cause"], "label_value_unknown"),
    ],
)
def test_nonsense_is_refused(one: None, analyst: Person, field: str, value: object, code: str) -> None:
    with pytest.raises(Refused) as refused:
        correct_label(analyst, KEY, field, value)
    assert refused.value.code == code
    assert not LabelCorrection.objects.exists()


def test_a_signal_or_correction_that_is_not_there_is_refused(one: None, analyst: Person) -> None:
    with pytest.raises(NotFound):
        correct_label(analyst, 123, "sentiment", "neutral")
    with pytest.raises(NotFound):
        remove_correction(analyst, KEY, "sentiment")


def test_a_correction_of_an_erased_signal_holds_nothing_up(one: None, record: Record, analyst: Person) -> None:
    LabelCorrection.objects.create(signal_key=77, field="sentiment", value="neutral", person=analyst)
    apply_corrections()
    assert record.ask(SignalRow(77)) is None
    assert not LabelCorrection.objects.filter(applied_at=None).exists()
