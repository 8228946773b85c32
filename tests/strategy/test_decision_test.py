"""The decision test as a rule: each reason by itself, and none for a figure that informs a decision."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.strategy.decision_test import decision_test, of_measure, of_pin
from headwater.strategy.facts import Figure, PinFacts
from tests.strategy.strategies import GOOD, STRATEGY, TODAY

MEASURE = GOOD.measures[0]
PIN = PinFacts(
    1,
    1,
    "Delivery",
    "Late by region",
    question="Where is it late?",
    decision="Change the carrier.",
    owner="Head of delivery",
    outcome="on_time",
    pinned=TODAY - timedelta(days=90),
    last_looked_at=TODAY - timedelta(days=3),
)


def test_figures_that_inform_a_decision_pass() -> None:
    assert [one.reasons for one in decision_test(replace(GOOD, pins=(PIN,)))] == [()] * 5


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"decision": "  "}, "no_decision"),
        ({"owner": ""}, "no_owner"),
        ({"outcomes": ()}, "no_goal"),
        ({"latest": Figure(0.29, 0.10, 0.40)}, "cannot_move"),
        ({"last_looked_at": TODAY - timedelta(days=61)}, "not_looked_at"),
        ({"last_looked_at": None}, "not_looked_at"),
    ],
)
def test_a_measure_fails_for_each_reason_by_itself(changes: dict[str, object], code: str) -> None:
    tested = of_measure(GOOD, replace(MEASURE, **changes))  # type: ignore[arg-type]
    assert [reason.code for reason in tested.reasons] == [code]
    assert tested.reasons[0].message


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"decision": ""}, "no_decision"),
        ({"owner": ""}, "no_owner"),
        ({"outcome": ""}, "no_goal"),
        ({"last_looked_at": None}, "not_looked_at"),
    ],
)
def test_a_pinned_chart_fails_for_each_reason_by_itself(changes: dict[str, object], code: str) -> None:
    assert [reason.code for reason in of_pin(GOOD, replace(PIN, **changes)).reasons] == [code]  # type: ignore[arg-type]


def test_a_chart_of_a_measure_shares_what_the_measure_says() -> None:
    bare = replace(PIN, decision="", owner="", outcome="", measure=MEASURE.id)
    assert of_pin(GOOD, bare).reasons == ()
    wide = replace(MEASURE, latest=Figure(0.29, 0.0, 0.9))
    assert [one.code for one in of_pin(replace(GOOD, measures=(wide,)), bare).reasons] == ["cannot_move"]


def test_a_goal_is_reached_through_the_outcome() -> None:
    first, second = STRATEGY.outcomes
    adrift = replace(GOOD, strategy=replace(STRATEGY, outcomes=(replace(first, goal=None), second)))
    (reason,) = of_measure(adrift, MEASURE).reasons
    assert "leads to no business goal" in reason.message


def test_something_young_has_time_to_be_looked_at() -> None:
    young = replace(MEASURE, last_looked_at=None, started=TODAY - timedelta(days=30))
    assert of_measure(GOOD, young).reasons == ()


def test_a_measure_that_has_nearly_arrived_has_moved() -> None:
    arrived = replace(MEASURE, latest=Figure(0.205, 0.19, 0.22))
    assert of_measure(GOOD, arrived).reasons == ()


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_narrower_interval_never_makes_a_measure_fail(
    low: float, high: float, baseline: float, target: float
) -> None:
    low, high = sorted((low, high))
    middle = (low + high) / 2

    def cannot_move(low: float, high: float) -> bool:
        measure = replace(MEASURE, baseline=baseline, target=target, latest=Figure(middle, low, high))
        return any(reason.code == "cannot_move" for reason in of_measure(GOOD, measure).reasons)

    assert cannot_move(low, high) or not cannot_move((low + middle) / 2, (high + middle) / 2)
