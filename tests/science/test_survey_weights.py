"""Weighted means and shares, raking, response rates: against R's survey package on its own data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


def raked(found: hs.Raked | hs.NoVerdict) -> hs.Raked:
    assert isinstance(found, hs.Raked), found
    return found


@pytest.fixture
def golden(shared: Path) -> dict:
    return json.loads((shared / "golden" / "b_survey_weights.json").read_text())


def test_stratified_mean_as_r_computes_it(shared: Path, golden: dict) -> None:
    table = pd.read_csv(shared / "golden" / "apistrat.csv")
    found = hs.weighted_mean(table.api00, table.pw, strata=table.stype, population=table.fpc)
    expected = golden["svymean_api00_strat"]
    assert estimate(found.result).estimate == pytest.approx(expected["mean"], abs=golden["tol"])
    assert found.standard_error == pytest.approx(expected["se"], abs=golden["tol"])
    assert found.design_effect == pytest.approx(expected["deff"], abs=golden["tol"])


def test_weighted_shares_as_r_computes_them(shared: Path, golden: dict) -> None:
    table = pd.read_csv(shared / "golden" / "apistrat.csv")
    for method in ("logit", "beta"):
        found = estimate(hs.weighted_proportion(table.top, table.pw, method=method).result)
        expected = golden[f"svyciprop_{method}"]
        assert found.estimate == pytest.approx(expected["est"], abs=golden["tol"])
        assert (found.low, found.high) == pytest.approx(expected["ci"], abs=golden["tol"])


def test_raking_as_r_does_it(shared: Path, golden: dict) -> None:
    table = pd.read_csv(shared / "golden" / "apiclus1.csv")
    expected = golden["rake"]
    found = raked(hs.rake(table, expected["margins"], weights=table.pw))
    mean = estimate(found.mean(table.api00, clusters=table.dnum))
    assert mean.estimate == pytest.approx(expected["mean_api00"], abs=1e-6)
    error = (mean.high - mean.low) / 2 / 2.1447866879178044  # t with 14 degrees of freedom
    assert error == pytest.approx(expected["se_api00"], abs=1e-6)
    assert found.design_effect == pytest.approx(expected["kish_deff"], abs=1e-8)
    assert (found.weights * table.enroll).sum() == pytest.approx(expected["total_enroll"], rel=1e-8)
    total = found.residuals(table.enroll.to_numpy(float))
    districts = pd.Series(total).groupby(table.dnum).sum()
    error = np.sqrt(15 / 14 * ((districts - districts.mean()) ** 2).sum())
    assert error == pytest.approx(expected["se_total"], rel=1e-8)
    for cell in expected["cell_weights"]:
        here = (table.stype == cell["stype"]) & (table["sch.wide"] == cell["sch.wide"])
        assert found.weights[here] == pytest.approx(cell["w"], rel=1e-8)


def test_one_margin_is_poststratification(shared: Path, golden: dict) -> None:
    table = pd.read_csv(shared / "golden" / "apiclus1.csv")
    found = raked(hs.rake(table, {"stype": golden["rake"]["margins"]["stype"]}, weights=table.pw))
    mean = estimate(found.mean(table.api00, clusters=table.dnum))
    assert mean.estimate == pytest.approx(golden["poststrat"]["mean_api00"], abs=1e-8)
    assert (mean.high - mean.low) / 2 / 2.1447866879178044 == pytest.approx(golden["poststrat"]["se"], abs=1e-6)


def answers(seed: int, n: int = 400) -> tuple[dict[str, np.ndarray], dict[str, dict[str, float]]]:
    random = np.random.default_rng(seed)
    age, region = random.integers(0, 3, n), random.integers(0, 2, n)
    share = random.dirichlet([4, 4, 4])
    other = random.uniform(0.3, 0.7)
    margins = {
        "age": {str(level): float(share[level]) for level in range(3)},
        "region": {"0": other, "1": 1 - other},
    }
    return {"age": age.astype(str), "region": region.astype(str)}, margins


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_raked_weights_meet_every_margin_and_cost_something(seed: int) -> None:
    columns, margins = answers(seed)
    found = raked(hs.rake(columns, margins))
    for name, margin in margins.items():
        for level, share in margin.items():
            assert found.weights[columns[name] == level].sum() == pytest.approx(share, abs=1e-8)
    assert found.effective_n <= found.n + 1e-9
    assert found.design_effect == pytest.approx(found.n / found.effective_n)
    again = raked(hs.rake(columns, dict(reversed(margins.items())), weights=found.weights))
    assert again.weights == pytest.approx(found.weights, rel=1e-6)


def test_weighting_corrects_who_answered() -> None:
    random = np.random.default_rng(3)
    young = random.random(40_000) < 0.5
    happy = random.random(40_000) < np.where(young, 0.4, 0.8)
    answered = random.random(40_000) < np.where(young, 0.05, 0.2)
    truth = float(happy.mean())
    who = np.where(young, "young", "old")[answered]
    found = raked(hs.rake({"age": who}, {"age": {"young": young.sum(), "old": (~young).sum()}}))
    weighted = estimate(found.mean(happy[answered]))
    raw = estimate(hs.proportion(int(happy[answered].sum()), int(answered.sum())))
    assert raw.low > truth
    assert weighted.low < truth < weighted.high


@pytest.mark.parametrize(
    ("columns", "margins", "code"),
    [
        ({"age": []}, {"age": {"a": 1.0}}, "no_answers"),
        ({"age": ["a", "a"]}, {"age": {"a": 0.5, "b": 0.5}}, "empty_level"),
        ({"age": ["a", "c"]}, {"age": {"a": 0.5, "b": 0.5}}, "not_in_base"),
        ({"age": ["a", "b"]}, {"age": {"a": 1.0, "b": 0.0}}, "not_in_base"),
        (
            {"x": ["a", "b"] * 9, "y": ["c", "d"] * 9},
            {"x": {"a": 0.5, "b": 0.5}, "y": {"c": 0.2, "d": 0.8}},
            "no_convergence",
        ),
        ({"age": ["a"] * 99 + ["b"]}, {"age": {"a": 0.01, "b": 0.99}}, "few_effective"),
    ],
)
def test_answers_that_cannot_stand_for_the_base_get_no_verdict(columns: dict, margins: dict, code: str) -> None:
    found = hs.rake(columns, margins)
    assert isinstance(found, hs.NoVerdict)
    assert found.code == code


def test_margins_of_one_base_add_up_to_the_same() -> None:
    with pytest.raises(ValueError, match="add up to the same"):
        hs.rake({"x": ["a"], "y": ["b"]}, {"x": {"a": 2.0}, "y": {"b": 3.0}})
    with pytest.raises(ValueError, match="at least one margin"):
        hs.rake({"x": ["a"]}, {})


def test_a_stratum_cannot_be_smaller_than_its_sample() -> None:
    with pytest.raises(ValueError, match="smaller than what was sampled"):
        hs.weighted_mean([1.0, 2.0, 3.0], [1.0, 1.0, 1.0], population=[2, 2, 2])
    same = hs.weighted_mean([3.0] * 9, [1.0] * 9)
    assert isinstance(same.result, hs.NoVerdict)
    assert same.result.code == "no_spread"


def test_unanimous_weighted_answers_are_not_certain() -> None:
    found = estimate(hs.weighted_proportion([1] * 12, [1.0] * 6 + [2.0] * 6).result)
    assert found.high == 1
    assert 0.6 < found.low < 0.8


def test_segments_that_answer_alike_are_representative() -> None:
    found = hs.response_rates({"north": (200, 1000), "south": (410, 2000), "east": (195, 1000)})
    assert isinstance(found, hs.ResponseRates)
    assert estimate(found.representativity).high > 0.97
    assert found.warnings == ()
    assert not any(row.found for row in found.against_rest)
    assert found.plot()["usermeta"]["figures"]["rows"]


def test_a_silent_segment_is_named() -> None:
    found = hs.response_rates({"shops": (900, 1000), "web": (3, 1000)})
    assert isinstance(found, hs.ResponseRates)
    assert any("web" in words for words in found.warnings)
    assert estimate(found.representativity).high < 0.3
    assert all(row.found for row in found.against_rest)
    # Two halves with rates r and s: the spread is half their distance.
    assert estimate(found.largest_bias).estimate == pytest.approx((0.9 - 0.003) / (0.9 + 0.003), abs=0.002)
    with pytest.raises(ValueError, match="between nobody and all"):
        hs.response_rates({"web": (4, 3)})
    nobody = hs.response_rates({})
    assert isinstance(nobody, hs.NoVerdict)


def cells_of_answers(seed: int) -> tuple[pd.DataFrame, dict[str, dict[str, float]], list[np.ndarray]]:
    """Answers as rows, the base's margins, and promoters, detractors and answers by (cell, bucket)."""
    random = np.random.default_rng(seed)
    columns, margins = answers(seed)
    table = pd.DataFrame(columns)
    table["bucket"] = random.integers(0, 40, len(table))
    table["score"] = random.choice([-1, 0, 1], len(table), p=[0.2, 0.3, 0.5])
    cells = table.groupby(["age", "region"]).ngroup()
    shape = (cells.max() + 1, 40)
    sums = []
    for test in (table.score == 1, table.score == -1, table.score > -2):
        counted = np.zeros(shape)
        np.add.at(counted, (cells[test], table.bucket[test]), 1)
        sums.append(counted)
    return table, margins, sums


def test_cells_of_answers_say_the_same_as_their_rows() -> None:
    table, margins, (top, low, base) = cells_of_answers(4)
    by_row = raked(hs.rake(table, margins))
    levels = table.groupby(["age", "region"]).size().reset_index(name="n")
    by_cell = raked(hs.rake(levels, margins, counts=levels.n))
    for name in ("n", "effective_n", "design_effect", "largest", "smallest"):
        assert getattr(by_cell, name) == pytest.approx(getattr(by_row, name), rel=1e-8)
    expected = estimate(by_row.mean(table.score, clusters=table.bucket))
    found = estimate(by_cell.mean_of_sums(top - low, base))
    assert (found.estimate, found.low, found.high) == pytest.approx((expected.estimate, expected.low, expected.high))
    nps = estimate(by_cell.nps_of_sums(top, low, base))
    assert nps.estimate == pytest.approx(expected.estimate)
    assert (nps.low, nps.high) == pytest.approx((expected.low, expected.high), abs=0.01)
    share = estimate(by_cell.share_of_sums(top, base))
    hits = estimate(by_row.mean((table.score == 1).astype(float), clusters=table.bucket))
    assert share.estimate == pytest.approx(hits.estimate)
    assert (share.low, share.high) == pytest.approx((hits.low, hits.high), abs=0.01)
    with pytest.raises(ValueError, match="add up to its count"):
        by_cell.mean_of_sums(top, base + 1)


def test_a_part_keeps_the_weights_of_the_whole() -> None:
    table, margins, (_top, _low, base) = cells_of_answers(4)
    levels = table.groupby(["age", "region"]).size().reset_index(name="n")
    found = raked(hs.rake(levels, margins, counts=levels.n))
    random = np.random.default_rng(9)
    part = random.binomial(base.astype(int), 0.3).astype(float)
    hits = random.binomial(part.astype(int), 0.6).astype(float)
    each = (found.weights / found.counts)[:, None]
    expected = float((each * hits).sum() / (each * part).sum())
    share, mean = (
        estimate(found.share_of_sums(hits, part, whole=base)), estimate(found.mean_of_sums(hits, part, whole=base))
    )  # fmt: skip
    assert share.estimate == mean.estimate == pytest.approx(expected)
    assert share.n == part.sum()
    assert found.effective_of(part) == pytest.approx((each * part).sum() ** 2 / (each**2 * part).sum())
    # Resampling whole buckets, the part's figure spreads as its interval says.
    drawn = []
    for _ in range(300):
        chosen = random.integers(0, 40, 40)
        again = raked(hs.rake(levels, margins, counts=base[:, chosen].sum(axis=1)))
        weights = (again.weights / again.counts)[:, None]
        drawn.append((weights * hits[:, chosen]).sum() / (weights * part[:, chosen]).sum())
    assert np.std(drawn) == pytest.approx((mean.high - mean.low) / 2 / 2.02, rel=0.2)
    with pytest.raises(ValueError, match="a part has none"):
        found.mean_of_sums(hits, base + 1, whole=base)


def test_the_shift_is_surer_than_two_figures_apart() -> None:
    table, margins, (top, low, base) = cells_of_answers(4)
    levels = table.groupby(["age", "region"]).size().reset_index(name="n")
    found = raked(hs.rake(levels, margins, counts=levels.n))
    shift = estimate(found.shift_of_sums(top - low, base))
    weighted = estimate(found.mean_of_sums(top - low, base))
    assert shift.estimate == pytest.approx(weighted.estimate - table.score.mean())
    assert shift.high - shift.low < weighted.high - weighted.low
    # Resampling whole buckets, the shift spreads as its interval says.
    random = np.random.default_rng(1)
    drawn = []
    for _ in range(300):
        chosen = random.integers(0, 40, 40)
        cell_sums = [part[:, chosen].sum(axis=1) for part in (top - low, base)]
        again = raked(hs.rake(levels, margins, counts=cell_sums[1]))
        drawn.append((again.weights * cell_sums[0] / cell_sums[1]).sum() - cell_sums[0].sum() / cell_sums[1].sum())
    assert np.std(drawn) == pytest.approx((shift.high - shift.low) / 2 / 2.02, rel=0.2)


def test_who_is_asked_again_and_again_counts_once() -> None:
    random = np.random.default_rng(2)
    answered, asked = {}, {}
    for name in ("north", "south", "east"):
        keen = random.random(200) < 0.3
        asked[name] = np.full(200, 12.0)
        answered[name] = np.where(keen, random.integers(9, 13, 200), random.integers(0, 3, 200)).astype(float)
    repeated = hs.response_rates({name: (answered[name], asked[name]) for name in asked})
    plain = hs.response_rates({name: (int(answered[name].sum()), 2400) for name in asked})
    assert isinstance(repeated, hs.ResponseRates)
    assert isinstance(plain, hs.ResponseRates)
    wide, narrow = estimate(repeated.rates["north"]), estimate(plain.rates["north"])
    assert wide.estimate == narrow.estimate
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)
    assert any(row.found for row in plain.against_rest) or narrow.n == 2400
    assert not any(row.found for row in repeated.against_rest)
