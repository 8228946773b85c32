"""The rules from confidences to labels."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from headwater.insight.label_rules import (
    MOST_CAUSES,
    PART,
    causes_by_event,
    choose,
    choose_causes,
    corrected,
    sentences,
    stage_of_cause,
    surest,
    values_of,
)
from headwater.journey.taxonomy import Cause, Taxonomy

YES = np.array([True])
NO = np.array([False])


def _causes(row: list[float], *, threshold: float = 0.4, none: int | None = None, happy: bool = False) -> list[int]:
    probabilities = np.array([row], dtype=np.float32)
    failure = np.array([number != none for number in range(len(row))])
    return choose_causes(probabilities, threshold, none, failure, YES, YES if happy else NO).index.tolist()


def test_a_sure_cause_is_named_and_an_unsure_one_is_not() -> None:
    assert _causes([0.9, 0.05, 0.05]) == [0]
    assert _causes([0.35, 0.33, 0.32]) == []


def test_a_comment_may_have_two_causes() -> None:
    assert _causes([0.6, 0.1, 0.55, 0.05]) == [0, 2]


def test_a_second_cause_must_be_more_likely_than_not() -> None:
    assert _causes([0.6, 0.1, 0.45, 0.05]) == [0]


def test_a_distant_second_is_no_cause() -> None:
    assert _causes([0.6, 0.25, 0.15]) == [0]


def test_a_comment_that_names_nothing_has_no_cause() -> None:
    assert _causes([0.3, 0.1, 0.6], none=2) == []
    assert _causes([0.5, 0.1, 0.4], none=2) == [0]


def test_a_happy_comment_has_a_failure_cause_only_when_near_certain() -> None:
    assert _causes([0.7, 0.2, 0.1], happy=True) == []
    assert _causes([0.95, 0.03, 0.02], happy=True) == [0]


@given(
    arrays.arrays(np.float32, (7, 9), elements=st.floats(0.015625, 1, width=32)),
    st.floats(0.05, 0.9),
    st.booleans(),
)
def test_causes_are_few_sorted_and_above_the_threshold(raw: np.ndarray, threshold: float, happy: bool) -> None:
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    chosen = choose_causes(probabilities, threshold, 8, np.ones(9, bool), np.ones(7, bool), np.full(7, happy))
    assert chosen.counts.sum() == len(chosen.index) == len(chosen.confidence)
    assert (chosen.counts <= MOST_CAUSES).all()
    assert 8 not in chosen.index
    for row in np.split(chosen.confidence, np.cumsum(chosen.counts)[:-1]):
        assert len(row) == 0 or row[0] >= np.float32(threshold)
        assert (np.diff(row) <= 0).all()


def test_a_row_without_words_is_never_sure() -> None:
    chosen = choose(np.array([[0.9, 0.1], [0.9, 0.1]], dtype=np.float32), 0.5, None, np.array([True, False]))
    assert chosen.index.tolist() == [0, -1]
    assert chosen.confidence[1] == 0


def test_only_active_causes_are_shown_by_events_or_give_a_stage() -> None:
    taxonomy = Taxonomy(
        1,
        causes=(
            Cause("late", "Late", stages=("wait",), events=("late", "lost")),
            Cause("lost", "Lost", stages=("wait", "use"), events=("lost",)),
            Cause("old", "Old", stages=("use",), events=("late",), retired=True),
        ),
    )
    assert causes_by_event(taxonomy) == {"late": ("late",), "lost": ("late", "lost")}
    assert stage_of_cause(taxonomy) == {"late": "wait"}


def test_what_a_person_said_lies_over_what_the_model_said() -> None:
    label = {
        "stage": "wait",
        "stage_confidence": 0.6,
        "causes": ["late"],
        "cause_confidences": [0.7],
        "author": "model",
    }
    said = corrected(label, {"causes": [], "sentiment": "negative", "stage": ""})
    assert (said["causes"], said["cause_confidences"], said["author"]) == ([], [], "person")
    assert (said["sentiment"], said["sentiment_confidence"]) == ("negative", 1.0)
    assert (said["stage"], said["stage_confidence"]) == ("", None)
    assert corrected(label, {"effort": ""})["effort"] is None
    assert values_of(said) == {"stage": "", "moment": "", "sentiment": "negative", "effort": "", "causes": []}
    assert label["causes"] == ["late"]


def test_sentences_are_told_apart_only_where_there_are_several() -> None:
    two = "The parcel came a week late. The vase in it was broken!"
    parts, rows = sentences(["short. text.", two, "one long sentence without any end to it at all, as it seems"])
    assert parts == ["The parcel came a week late.", "The vase in it was broken!"]
    assert rows.tolist() == [1, 1]


def test_a_cause_is_as_sure_as_the_surest_of_whole_and_sentences() -> None:
    whole = np.array([[0.4, 0.3, 0.3], [0.2, 0.2, 0.6]], dtype=np.float32)
    parts = np.array([[0.9, 0.05, 0.05], [0.02, 0.08, 0.9]], dtype=np.float32)
    combined = surest(whole, parts, np.array([0, 0]), none=2)
    np.testing.assert_allclose(combined, [[0.9 * PART, 0.3, 0.3], [0.2, 0.2, 0.6]], rtol=1e-5)
    np.testing.assert_array_equal(surest(whole, parts[:0], np.zeros(0, np.int64), none=2), whole)
