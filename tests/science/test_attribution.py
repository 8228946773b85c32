"""Average attributable fractions, against R's averisk and by what must hold of them."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs
from headwater.science.regression import cell_fit, inverse_link

CAUSES = ["late", "oos", "promo", "bill"]


def answered(found: hs.Attribution | hs.NoVerdict) -> hs.Attribution:
    assert isinstance(found, hs.Attribution), found
    return found


def estimate(result: hs.Result) -> hs.Estimate:
    assert isinstance(result, hs.Estimate), result
    return result


def values(results: tuple[hs.Result, ...]) -> list[float]:
    return [estimate(one).estimate for one in results]


def test_parts_as_r_computes_them(shared: Path) -> None:
    golden = json.loads((shared / "golden" / "e_average_af.json").read_text())
    table = pd.read_csv(shared / "golden" / "e_contacts.csv")
    found = answered(hs.average_attributable_fractions(hs.cells_of(CAUSES, table[CAUSES], table.y, strata=table.seg)))
    expected = golden["averisk"]
    assert values(found.parts) == pytest.approx([expected[name] for name in CAUSES], abs=golden["tol"])
    assert estimate(found.total).estimate == pytest.approx(expected["total"], abs=golden["tol"])
    odds = [np.exp(golden["coef"][name]) for name in CAUSES]
    assert values(found.odds_ratios) == pytest.approx(odds, rel=1e-6)
    # Its intervals come from a bootstrap of its own; ours from the jackknife over buckets.
    low, high = golden["averisk_ci95"][1:]
    ours = [estimate(one) for one in (*found.parts, found.total)]
    assert [one.low for one in ours] == pytest.approx(low, abs=0.005)
    assert [one.high for one in ours] == pytest.approx(high, abs=0.005)


def simulated(seed: int, rows: int = 4000, causes: int = 3) -> hs.ExposureCells:
    random = np.random.default_rng(seed)
    exposed = random.random((rows, causes)) < random.uniform(0.1, 0.4, causes)
    stratum = random.integers(0, 3, rows)
    risk = 1 / (1 + np.exp(2 - exposed @ random.uniform(-0.5, 1.5, causes) - 0.3 * stratum))
    return hs.cells_of([f"c{i}" for i in range(causes)], exposed, random.random(rows) < risk, strata=stratum)


@given(st.integers(0, 10_000), st.integers(1, 6), st.sampled_from(["happened", "count"]))
@settings(max_examples=20)
def test_parts_add_up_to_the_whole(seed: int, causes: int, outcome: str) -> None:
    found = answered(hs.average_attributable_fractions(simulated(seed, causes=causes), outcome=outcome))
    total = estimate(found.total).estimate
    assert sum(values(found.parts)) == pytest.approx(total, abs=1e-12)
    assert total + estimate(found.unattributed).estimate == pytest.approx(1, abs=1e-12)
    assert sum(values(found.cases)) == pytest.approx(total * found.n, abs=1e-9)
    for part in found.parts:
        one = estimate(part)
        assert one.low < one.estimate < one.high


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_shares_are_the_mean_over_every_order_of_removal(seed: int) -> None:
    cells = simulated(seed)
    n, y = cells.at_risk.sum(axis=1), cells.cases.sum(axis=1)
    strata = (cells.stratum[:, None] == np.arange(3)).astype(float)
    design = np.hstack([strata, cells.exposed.astype(float)])
    fitted = cell_fit(design, n, y, "logit")
    assert not isinstance(fitted, hs.NoVerdict)

    def cases(causes: set[int]) -> float:
        kept = design.copy()
        kept[:, [3 + cause for cause in range(3) if cause not in causes]] = 0
        return float((inverse_link(kept @ fitted, "logit") * n).sum())

    shares = np.zeros(3)
    for order in permutations(range(3)):
        left = set(order)
        for cause in order:
            before = cases(left)
            left.remove(cause)
            shares[cause] += (before - cases(left)) / 6
    found = answered(hs.average_attributable_fractions(cells))
    assert values(found.cases) == pytest.approx(shares, abs=1e-8)


@given(st.integers(0, 10_000), st.permutations([0, 1, 2]))
@settings(max_examples=10)
def test_the_order_of_causes_and_cells_does_not_matter(seed: int, order: list[int]) -> None:
    cells = simulated(seed)
    plain = answered(hs.average_attributable_fractions(cells))
    rows = np.random.default_rng(seed).permutation(len(cells.stratum))
    turned = hs.ExposureCells(
        tuple(cells.causes[place] for place in order),
        cells.exposed[rows][:, order],
        cells.stratum[rows] + 7,
        cells.at_risk[rows],
        cells.cases[rows],
    )
    again = answered(hs.average_attributable_fractions(turned))
    assert values(again.parts) == pytest.approx([values(plain.parts)[place] for place in order], abs=1e-9)
    assert estimate(again.parts[0]).low == pytest.approx(estimate(plain.parts[order[0]]).low, abs=1e-9)


def test_a_season_that_brings_both_is_not_blamed_on_the_cause() -> None:
    random = np.random.default_rng(5)
    december = random.random(40_000) < 0.3
    late = random.random(40_000) < np.where(december, 0.4, 0.05)
    calls = random.random(40_000) < np.where(december, 0.2, 0.05)
    naive = answered(hs.average_attributable_fractions(hs.cells_of(["late"], late[:, None], calls)))
    fair = answered(hs.average_attributable_fractions(hs.cells_of(["late"], late[:, None], calls, strata=december)))
    assert estimate(naive.total).low > 0.1
    assert estimate(fair.total).low < 0 < estimate(fair.total).high


def test_a_cause_that_repeats_with_the_customer_is_less_sure() -> None:
    random = np.random.default_rng(6)
    customer = np.repeat(np.arange(1000), 6)
    late = np.repeat(random.random(1000) < 0.2, 6)
    angry = np.repeat(random.normal(size=1000), 6)
    calls = random.random(6000) < 1 / (1 + np.exp(3 - late - 2 * angry))
    by_customer = hs.cells_of(["late"], late[:, None], calls, buckets=customer % 200)
    by_row = hs.cells_of(["late"], late[:, None], calls, buckets=random.integers(0, 200, 6000))
    wide, narrow = (estimate(answered(hs.average_attributable_fractions(one)).total) for one in (by_customer, by_row))
    assert wide.high - wide.low > 1.4 * (narrow.high - narrow.low)


def test_contacts_that_repeat_are_counted() -> None:
    random = np.random.default_rng(9)
    late = random.random(20_000) < 0.25
    contacts = random.poisson(np.where(late, 0.6, 0.2))
    found = answered(hs.average_attributable_fractions(hs.cells_of(["late"], late[:, None], contacts), outcome="count"))
    truth = 0.25 * 0.4 / (0.25 * 0.6 + 0.75 * 0.2)
    total = estimate(found.total)
    assert total.low < truth < total.high
    assert values(found.odds_ratios)[0] == pytest.approx(3, rel=0.1)
    with pytest.raises(ValueError, match="count"):
        hs.average_attributable_fractions(hs.cells_of(["late"], late[:, None], contacts))


def coverage(seed: int) -> list[bool]:
    """Whether each part's interval holds the truth, in one simulated year of customers who come back."""
    from bench.attribution import simulate

    cells, truth = simulate(seed)
    found = answered(hs.average_attributable_fractions(cells))
    return [one.low <= true <= one.high for one, true in zip(map(estimate, found.parts), truth, strict=True)]


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    held = [hit for seed in range(20) for hit in coverage(seed)]
    assert 0.88 <= np.mean(held) <= 1


@pytest.mark.parametrize(
    ("exposed", "happened", "code"),
    [
        (np.zeros((4000, 1)), np.arange(4000) % 3 == 0, "no_contrast"),
        (np.ones((4000, 1)), np.arange(4000) % 3 == 0, "no_contrast"),
        (np.arange(4000)[:, None] % 2 == 0, np.arange(4000) % 2 == 0, "separated"),
        (np.arange(4000)[:, None] % 2 == 0, np.arange(4000) % 2 == 1, "separated"),
        (np.arange(4000)[:, None] % 2 == 0, np.arange(4000) < 5, "few_cases"),
        (np.zeros((4000, 0)), np.arange(4000) % 3 == 0, "no_causes"),
        (np.repeat(np.arange(4000)[:, None] % 2 == 0, 2, axis=1), np.arange(4000) % 3 == 0, "collinear"),
    ],
)
def test_what_cannot_be_compared_gets_no_verdict(exposed: np.ndarray, happened: np.ndarray, code: str) -> None:
    found = hs.average_attributable_fractions(
        hs.cells_of([f"c{i}" for i in range(exposed.shape[1])], exposed, happened)
    )
    assert isinstance(found, hs.NoVerdict)
    assert found.code == code


def test_few_customers_get_no_verdict() -> None:
    happened = np.arange(400) % 3 == 0
    cells = hs.cells_of(["late"], np.arange(400)[:, None] % 2 == 0, happened, buckets=np.arange(400) % 4)
    found = hs.average_attributable_fractions(cells)
    assert isinstance(found, hs.NoVerdict)
    assert found.code == "few_buckets"


def test_shapley_shares_of_a_known_game() -> None:
    # The glove game: player 0 has a left glove, 1 and 2 a right one; a pair is worth 1.
    worth = np.array([0, 0, 0, 1, 0, 1, 0, 1.0])
    assert hs.shapley(worth) == pytest.approx([2 / 3, 1 / 6, 1 / 6])
    with pytest.raises(ValueError, match="2\\^k"):
        hs.shapley(np.zeros(3))
