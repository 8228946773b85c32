"""The audit queue: random verbatims, labelled by people, on which the classifier is measured."""

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from headwater.base.models import HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import NotFound, Refused
from headwater.insight.audit import (
    calibration_state,
    cause_confusions,
    confusion,
    draw_audit,
    label_audit_item,
    label_shares,
    next_item,
)
from headwater.insight.labelling import label_new
from headwater.insight.models import AuditItem
from headwater.record.keys import signal_key
from headwater.science.results import Estimate, NoVerdict
from tests.insight.conftest import Label, Write
from tests.insight.test_label_signals import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]

TEXTS = ["the vase arrived broken", "thank you, I love it", "it came a week late"]


@pytest.fixture
def thirty(write: Write) -> None:
    write([words(str(number), f"{TEXTS[number % 3]} {number}") for number in range(30)])
    label_new()


@pytest.fixture
def analyst(person_with: Callable[..., Person]) -> Person:
    return person_with("analyst")


def test_a_draw_takes_each_verbatim_once(thirty: None, analyst: Person) -> None:
    first = draw_audit(analyst, 20)
    second = draw_audit(analyst, 20)
    assert (len(first), len(second)) == (20, 10)
    assert AuditItem.objects.count() == 30
    with pytest.raises(Refused, match="no more comments"):
        draw_audit(analyst, 1)
    assert HistoryEntry.objects.filter(code="audit.drawn").count() == 2


def test_shares_are_not_calibrated_before_200_are_labelled(thirty: None, analyst: Person) -> None:
    draw_audit(analyst, 2)
    item = next_item(analyst)
    assert item is not None
    label_audit_item(analyst, item.pk, {"causes": [], "stage": "", "sentiment": "neutral"})
    state = calibration_state()
    assert (state.labelled, state.open, state.needed, state.is_calibrated) == (1, 1, 200, False)
    following = next_item(analyst)
    assert following is not None
    assert following.pk != item.pk


def test_confusion_counts_truth_against_prediction(thirty: None, analyst: Person) -> None:
    said = {"sentiment": "negative"}
    for number, predicted in enumerate(["negative", "negative", "positive", ""]):
        item = AuditItem.objects.create(
            signal_key=number, seed=1, predicted={"sentiment": predicted, "causes": ["late"] if number < 3 else []}
        )
        label_audit_item(analyst, item.pk, {**said, "causes": ["delivery_late"] if number else []})
    table = confusion("sentiment")
    assert table is not None
    assert table.classes == ("negative", "none", "positive")
    assert table.counts[0].tolist() == [2, 1, 1]
    counts = cause_confusions(["delivery_late"])["delivery_late"]
    assert isinstance(counts, np.ndarray)
    assert counts.tolist() == [[0, 3], [0, 1]]


@pytest.fixture
def labelled(write: Write, label: Label) -> None:
    """400 comments, of which the model holds 300 negative and the source itself calls 40 of the others positive."""
    rows = [words(str(number), f"words {number}") for number in range(400)]
    write([{**row, "sentiment": "positive"} if number >= 360 else row for number, row in enumerate(rows)])
    label({str(number): {"sentiment": "negative" if number < 300 else None} for number in range(400)})


def audited(numbers: Iterable[int], truth: Callable[[int], str]) -> None:
    for number in numbers:
        AuditItem.objects.create(
            signal_key=signal_key("test", str(number)),
            seed=1,
            predicted={"sentiment": "negative" if number < 300 else ""},
            truth={"sentiment": truth(number)},
            labelled_at=timezone.now(),
        )


def test_shares_of_sentiment_are_corrected_once_enough_is_audited(labelled: None) -> None:
    """Every third of what the model calls negative is not; what the source says is right."""

    def truth(number: int) -> str:
        if number >= 360:
            return "positive"
        return "neutral" if number >= 300 or number % 3 == 0 else "negative"

    audited(range(0, 398, 2), truth)
    assert [(row.value, row.n, row.corrected) for row in label_shares("sentiment")] == [
        ("negative", 300, None), ("positive", 40, None), ("", 60, None),
    ]  # fmt: skip
    audited([398], truth)
    negative, positive, unsure = label_shares("sentiment")
    assert isinstance(negative.counted, Estimate)
    assert isinstance(negative.corrected, Estimate)
    assert isinstance(positive.corrected, Estimate)
    assert negative.counted.estimate == 0.75
    assert negative.corrected.estimate == pytest.approx(0.5)
    assert negative.corrected.low < 0.5 < negative.corrected.high
    assert positive.corrected.estimate == pytest.approx(0.1)
    assert isinstance(unsure.corrected, NoVerdict)


def test_the_audit_page_says_how_comments_are_spread(
    labelled: None, client: Client, person_with: Callable[..., Person]
) -> None:
    client.force_login(person_with("cx_team"))
    page = client.get("/audit").content.decode()
    assert "not yet calibrated" in page
    audited(range(0, 400, 2), lambda number: "neutral" if number % 3 == 0 else "negative")
    page = client.get("/audit").content.decode()
    assert "not yet calibrated" not in page
    assert "Corrected" in page


def test_nothing_audited_has_no_confusion() -> None:
    assert confusion("stage") is None
    assert cause_confusions(["delivery_late"]) == {}


@pytest.mark.parametrize("role", ["employee", "executive", "hr"])
def test_others_may_not_audit(thirty: None, person_with: Callable[..., Person], role: str) -> None:
    person = person_with(role)
    for act in (
        lambda: draw_audit(person, 5),
        lambda: next_item(person),
        lambda: label_audit_item(person, 1, {"sentiment": "neutral"}),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_nonsense_is_refused(thirty: None, analyst: Person) -> None:
    for n in (0, -1, 10_000):
        with pytest.raises(Refused, match="Draw between"):
            draw_audit(analyst, n)
    item = draw_audit(analyst, 1)[0]
    with pytest.raises(Refused):
        label_audit_item(analyst, item.pk, {"sentiment": "furious"})
    with pytest.raises(Refused):
        label_audit_item(analyst, item.pk, {})
    with pytest.raises(NotFound):
        label_audit_item(analyst, 999_999, {"sentiment": "neutral"})
    item.refresh_from_db()
    assert item.labelled_at is None
