"""Weighted NPS, against R's survey package on its own data."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import headwater.science as hs
from headwater.science.weighted import linearised_error


def read(file: Path) -> tuple[list[float], list[float], list[str]]:
    with file.open() as rows:
        table = list(csv.DictReader(rows))
    return (
        [float(row["nps"]) for row in table],
        [float(row["pw"]) for row in table],
        [row.get("dnum", "") for row in table],
    )


def test_weighted_nps_of_a_survey(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "b_survey_weights.json").read_text())
    scores, weights, _ = read(shared / "golden" / "apistrat.csv")
    found = hs.weighted_nps(scores, weights)
    assert isinstance(found.result, hs.Estimate)
    expected = golden["nps_weighted_nostrat"]
    assert found.result.estimate == pytest.approx(expected["nps"], abs=golden["tol"])
    assert found.standard_error == pytest.approx(expected["se"], abs=golden["tol"])
    assert found.design_effect == pytest.approx(expected["deff"], abs=golden["tol"])
    assert hs.effective_sample_size(weights) == pytest.approx(expected["kish_neff"], abs=golden["tol"])
    assert found.effective_n * found.design_effect == pytest.approx(200)


def test_weighted_nps_of_clusters(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "b_survey_weights.json").read_text())
    expected = golden["nps_cluster"]
    scores, weights, districts = read(shared / "golden" / "apiclus1.csv")
    found = hs.weighted_nps(scores, weights, clusters=districts)
    assert isinstance(found.result, hs.Estimate)
    assert found.result.estimate == pytest.approx(expected["nps"], abs=golden["tol"])
    assert found.standard_error == pytest.approx(expected["se"], abs=golden["tol"])
    assert found.design_effect == pytest.approx(expected["deff"], abs=golden["tol"])
    assert found.result.low < found.result.estimate < found.result.high


def test_weighted_mean_of_a_survey(shared: Path) -> None:
    with (shared / "golden" / "apiclus1.csv").open() as rows:
        table = list(csv.DictReader(rows))
    mean_of_equal_weights = linearised_error(
        np.array([float(row["api00"]) for row in table]),
        np.array([float(row["pw"]) for row in table]),
        [row["dnum"] for row in table],
    )
    error, degrees = mean_of_equal_weights
    assert error == pytest.approx(23.779, abs=1e-3)  # svymean(~api00, dclus1) without fpc
    assert degrees == 14


def test_equal_weights_give_the_plain_score_interval() -> None:
    found = hs.weighted_nps([1] * 15 + [0] * 10 + [-1] * 5, [2.5] * 30)
    plain = hs.nps(15, 10, 5)
    assert isinstance(found.result, hs.Estimate)
    assert isinstance(plain, hs.Estimate)
    assert (found.result.low, found.result.high) == pytest.approx((plain.low, plain.high), abs=1e-12)
    assert found.design_effect == pytest.approx(1)


def test_unequal_weights_widen_the_interval() -> None:
    scores = [1, 0, -1] * 20
    equal, unequal = hs.weighted_nps(scores, [1.0] * 60), hs.weighted_nps(scores, [1.0] * 30 + [5.0] * 30)
    assert isinstance(equal.result, hs.Estimate)
    assert isinstance(unequal.result, hs.Estimate)
    assert unequal.effective_n < equal.effective_n
    assert unequal.result.high - unequal.result.low > equal.result.high - equal.result.low


def test_unanimous_answers_are_not_certain() -> None:
    found = hs.weighted_nps([1] * 10, [1.0] * 5 + [3.0] * 5)
    assert isinstance(found.result, hs.Estimate)
    assert found.result.estimate == found.result.high == 1
    assert found.effective_n == pytest.approx(8)
    assert found.result.low < 0.44493436813


def test_too_little_is_no_verdict() -> None:
    for scores, clusters in (([], None), ([1], None), ([1, -1, 0], ["a", "a", "a"])):
        found = hs.weighted_nps(scores, [1.0] * len(scores), clusters=clusters)
        assert isinstance(found.result, hs.NoVerdict)
        assert np.isnan(found.effective_n)


def test_impossible_input_is_an_error() -> None:
    for scores, weights, reason in [
        ([1, 0], [1.0], "one weight a score"),
        ([1, 0], [1.0, 0.0], "positive"),
        ([9, 0], [1.0, 1.0], "promoter"),
    ]:
        with pytest.raises(ValueError, match=reason):
            hs.weighted_nps(scores, weights)
