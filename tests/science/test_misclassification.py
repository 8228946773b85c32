"""Shares counted by an imperfect classifier, corrected by an audit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs
from headwater.science.misclassification import Audit

ERRS = np.array([[0.75, 0.25], [0.05, 0.95]])  # of what truly has it a quarter is missed, of the rest 1 in 20 is hit


def estimates(results: list[hs.Result]) -> list[hs.Estimate]:
    found = [result for result in results if isinstance(result, hs.Estimate)]
    assert len(found) == len(results), results
    return found


def test_rogan_and_gladens_correction() -> None:
    # Sensitivity .75, specificity .95, counted share .19: (.19 + .95 - 1) / (.75 + .95 - 1) = .2
    found = estimates(hs.corrected_shares([190, 810], [[75, 25], [5, 95]]))
    assert [result.estimate for result in found] == pytest.approx([0.2, 0.8])
    assert found[0].low < 0.2 < found[0].high
    assert found[0].n == 1000


def test_double_sampling_weighs_the_audit_by_prediction() -> None:
    # Of 100 predicted to have it 80 have it, of 100 predicted not to 10 have it: .3 * .8 + .7 * .1 = .31
    found = estimates(hs.corrected_shares([300, 700], [[80, 10], [20, 90]], audit="within"))
    assert found[0].estimate == pytest.approx(0.31)


def test_an_audit_of_the_same_items_says_more_about_a_rare_class() -> None:
    audit = [[9, 3], [9, 179]]
    separate = estimates(hs.corrected_shares([450, 4550], audit))[0]
    within = estimates(hs.corrected_shares([450, 4550], audit, audit="within"))[0]
    assert within.high - within.low < 0.6 * (separate.high - separate.low)


@pytest.mark.parametrize("audit", ["within", "separate"])
@pytest.mark.parametrize("share", [0.2, 0.03])
def test_interval_covers_the_true_share(audit: Audit, share: float) -> None:
    random = np.random.default_rng(5)
    covered = runs = 0
    for run in range(250):
        counted = _predict(random, 3000, share).sum(axis=0)
        confusion = _predict(random, 200, share)
        first = hs.corrected_shares(counted, confusion, audit=audit, draws=400, seed=run)[0]
        if isinstance(first, hs.Estimate):
            runs += 1
            covered += first.low <= share <= first.high
    # 250 runs of a 95 % interval: 3.5 standard errors are 4.8 points.
    assert covered / runs > 0.9


def _predict(random: np.random.Generator, n: int, share: float) -> np.ndarray:
    truly = random.binomial(n, share)
    return np.array([random.multinomial(truly, ERRS[0]), random.multinomial(n - truly, ERRS[1])])


def test_shares_that_no_inverse_reaches_stay_within_bounds() -> None:
    found = estimates(hs.corrected_shares([2, 98, 100], [[30, 10, 10], [2, 40, 8], [1, 9, 40]]))
    assert [result.estimate >= 0 for result in found] == [True] * 3
    assert sum(result.estimate for result in found) == pytest.approx(1)
    assert found[0].estimate == pytest.approx(0, abs=1e-3)


classes = st.integers(2, 4).flatmap(
    lambda k: st.tuples(
        st.lists(st.integers(0, 500), min_size=k, max_size=k),
        st.lists(st.lists(st.integers(0, 40), min_size=k, max_size=k), min_size=k, max_size=k),
    )
)


@settings(max_examples=60, deadline=None)
@given(classes, st.sampled_from(["within", "separate"]))
def test_intervals_lie_in_0_to_1_and_contain_the_estimate(
    case: tuple[list[int], list[list[int]]], audit: Audit
) -> None:
    results = hs.corrected_shares(*case, audit=audit, draws=50)
    assert len(results) == len(case[0])
    found = [result for result in results if isinstance(result, hs.Estimate)]
    for result in found:
        assert -1e-9 <= result.low <= result.estimate <= result.high <= 1 + 1e-9
    if found:
        assert sum(result.estimate for result in found) == pytest.approx(1)


def test_the_same_data_give_the_same_answer() -> None:
    assert hs.corrected_shares([3, 9], [[8, 2], [1, 9]]) == hs.corrected_shares([3, 9], [[8, 2], [1, 9]])


def test_what_the_audit_cannot_tell_is_no_verdict() -> None:
    def codes(counted: list[int], confusion: list[list[int]]) -> list[str | None]:
        return [
            result.code if isinstance(result, hs.NoVerdict) else None
            for result in hs.corrected_shares(counted, confusion)
        ]

    assert codes([0, 0], [[5, 1], [1, 5]]) == ["no_answers", "no_answers"]
    assert codes([5, 5], [[0, 0], [0, 0]]) == ["not_audited", "not_audited"]
    assert codes([5, 5], [[5, 5], [5, 5]]) == ["uninformative", "uninformative"]
    assert codes([5, 5, 1], [[9, 1, 0], [1, 9, 0], [0, 0, 0]]) == [None, None, "not_audited"]


def test_impossible_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="k by k"):
        hs.corrected_shares([1, 2], [[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="not negative"):
        hs.corrected_shares([1, -2], [[1, 2], [3, 4]])
