"""Kaplan-Meier, restricted means, log-rank and Cox, against R's survival on its lung data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import survdiff

import headwater.science as hs


@pytest.fixture
def golden(shared: Path) -> dict:
    return json.loads((shared / "golden" / "a_proportion_rate_churn.json").read_text())


@pytest.fixture
def lung(shared: Path) -> pd.DataFrame:
    return pd.read_csv(shared / "golden" / "lung.csv")


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


def curve(found: hs.SurvivalCurve | hs.NoVerdict) -> hs.SurvivalCurve:
    assert isinstance(found, hs.SurvivalCurve), found
    return found


def test_curve_as_r_computes_it(lung: pd.DataFrame, golden: dict) -> None:
    found = curve(hs.kaplan_meier(lung.time, lung.status == 2))
    expected, tolerance = golden["km_lung"], golden["tol"]
    for place, time in enumerate(expected["times"]):
        one = estimate(found.at(time))
        ours = [one.estimate, one.low, one.high]
        assert ours == pytest.approx([expected[part][place] for part in ("surv", "lo", "hi")], abs=tolerance)
        index = np.searchsorted(found.times, time, side="right") - 1
        assert found.error[index] == pytest.approx(expected["se"][place], abs=tolerance)
    assert estimate(found.median()).estimate == expected["median"]
    assert estimate(found.median()).low < 310 < estimate(found.median()).high


def test_restricted_mean_as_r_computes_it(lung: pd.DataFrame, golden: dict) -> None:
    found = estimate(curve(hs.kaplan_meier(lung.time, lung.status == 2)).mean_until(365))
    assert found.estimate == pytest.approx(golden["lung_rmst365"]["rmean"], abs=golden["tol"])
    assert (found.high - found.low) / 2 / 1.959963984540054 == pytest.approx(golden["lung_rmst365"]["se"], abs=1e-6)


def test_hazard_ratios_as_r_computes_them(lung: pd.DataFrame, golden: dict) -> None:
    known = lung.dropna(subset=["age", "sex", "ph.ecog"])
    found = hs.hazard_ratios(known.time, known.status == 2, known[["age", "sex", "ph.ecog"]])
    assert not isinstance(found, hs.NoVerdict)
    for name, coefficient in golden["cox_lung"]["coef"].items():
        assert np.log(found[name].estimate) == pytest.approx(coefficient, abs=1e-6)
        width = np.log(found[name].high / found[name].low) / 2 / 1.959963984540054
        assert width == pytest.approx(golden["cox_lung"]["se"][name], abs=1e-6)
        assert found[name].n == golden["cox_lung"]["n"]


def test_log_rank_agrees_with_statsmodels(lung: pd.DataFrame) -> None:
    groups = {str(sex): (part.time, part.status == 2) for sex, part in lung.groupby("sex")}
    _, peer = survdiff(lung.time, (lung.status == 2).astype(int), lung.sex)
    assert hs.log_rank(groups) == pytest.approx(peer, abs=1e-10)


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=60))
def test_a_curve_only_falls_and_its_band_surrounds_it(customers: list[tuple[int, bool]]) -> None:
    durations, left = zip(*customers, strict=True)
    found = hs.kaplan_meier(durations, left)
    if isinstance(found, hs.NoVerdict):
        assert sum(left) < 5
        return
    assert np.all(np.diff(found.share) <= 0)
    assert np.all((found.low <= found.share + 1e-12) & (found.share <= found.high + 1e-12))
    assert np.all((found.low >= 0) & (found.high <= 1))


@given(st.lists(st.integers(1, 20), min_size=5, max_size=60))
def test_where_all_are_followed_to_the_end_it_is_the_plain_share(durations: list[int]) -> None:
    found = curve(hs.kaplan_meier(durations, np.ones(len(durations))))
    for time, share in zip(found.times, found.share, strict=True):
        assert share == pytest.approx(np.mean(np.array(durations) > time))


def test_counted_rows_are_as_good_as_repeated_ones() -> None:
    seen, gone, counts = [3, 5, 8, 8], [1, 1, 1, 0], [4, 2, 3, 9]
    once = curve(hs.kaplan_meier(seen, gone, counts=counts))
    repeated = curve(hs.kaplan_meier(np.repeat(seen, counts), np.repeat(gone, counts)))
    assert once.share == pytest.approx(repeated.share)
    assert once.low == pytest.approx(repeated.low)


def test_nothing_is_said_beyond_what_was_seen() -> None:
    found = curve(hs.kaplan_meier([2, 3, 4, 5, 6, 10, 10, 10, 10, 10, 10, 10], [1] * 5 + [0] * 7))
    for result, code in (
        (found.at(11), "beyond_data"),
        (found.at(1), "nobody_left"),
        (found.median(), "not_reached"),
        (found.mean_until(12), "beyond_data"),
    ):
        assert isinstance(result, hs.NoVerdict)
        assert result.code == code
    few = hs.kaplan_meier([1, 2, 3], [1, 0, 0])
    assert isinstance(few, hs.NoVerdict)
    assert few.code == "few_left"


def test_groups_that_cannot_be_compared_get_no_verdict() -> None:
    alone = hs.log_rank({"a": ([1, 2], [1, 1])})
    nobody = hs.log_rank({"a": ([1, 2], [0, 0]), "b": ([1, 2], [0, 0])})
    assert isinstance(alone, hs.NoVerdict)
    assert isinstance(nobody, hs.NoVerdict)
    assert (alone.code, nobody.code) == ("no_contrast", "few_left")
    flat = hs.hazard_ratios(np.arange(1, 40), np.ones(39), {"x": np.ones(39)})
    assert isinstance(flat, hs.NoVerdict)
    assert flat.code == "collinear"


def test_impossible_input_is_an_error() -> None:
    with pytest.raises(ValueError, match="not negative"):
        hs.kaplan_meier([-1.0], [1])
    with pytest.raises(ValueError, match="one duration"):
        hs.kaplan_meier([1.0, 2.0], [1])


def test_curves_of_groups_are_one_picture() -> None:
    one = curve(hs.kaplan_meier(np.arange(1, 21), np.ones(20)))
    assert len({row[0] for row in hs.curves({"late": one, "on time": one})["usermeta"]["figures"]["rows"]}) == 2
