"""A strategy is written as a document and read back the same; what does not hold together is refused by name."""

from dataclasses import replace

import pytest

from headwater.base.refusals import Refused
from headwater.strategy.documents import read, written
from headwater.strategy.strategy import Issue, Outcome, Strategy


def test_a_document_holds_the_whole_strategy(small: Strategy) -> None:
    assert read(written(small), 1) == small


def test_a_document_says_nothing_of_what_is_empty() -> None:
    assert written(Strategy(3)) == {}
    assert written(Strategy(3, outcomes=(Outcome("one", 1, "Late parcels halve."),))) == {
        "outcomes": [{"id": "one", "year": 1, "text": "Late parcels halve."}]
    }


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"outcomes": [{"id": "one", "year": 4, "text": "x"}]}, "outcomes.0.year"),
        ({"outcomes": [{"id": "one", "year": 1, "text": "x" * 601}]}, "at most 600"),
        ({"outcomes": [{"id": "one", "year": 1, "text": "x", "goal": "gone"}]}, "the goal gone"),
        ({"outcomes": [{"id": "one", "year": 1, "text": "x", "values": ["gone"]}]}, "the value gone"),
        ({"issues": [{"id": "one", "text": "x", "outcome": "gone"}]}, "the outcome gone"),
        ({"goals": [{"id": "a1", "name": "A"}, {"id": "a1", "name": "B"}]}, "used 2 times"),
        ({"vission": "x"}, "vission"),
        ({"outcomes": [{"id": "one", "year": 1, "text": "x", "money": {"amount": 0, "currency": "EUR"}}]}, "amount"),
    ],
)
def test_what_does_not_hold_is_named(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(Refused, match=says):
        read(wrong)


def test_issues_without_an_outcome_are_strays(small: Strategy) -> None:
    assert [issue.id for issue in small.strays] == ["app"]
    assert replace(small, issues=(Issue("late", "Late", outcome="on_time"),)).strays == ()
