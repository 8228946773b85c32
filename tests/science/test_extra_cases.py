"""Extra cases by cause: parts that add up, against a peer and against known truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.science import Estimate, NoVerdict
from headwater.science.attribution import ExposureCells, cells_of
from headwater.science.extra_cases import ExtraCases, extra_cases

TRUE = np.array([0.3, 0.2, 0.45])
BASE = np.array([0.01, 0.03])
SHARES = (0.06, 0.03, 0.01)
CAUSES = ("late", "broken", "invoice")


def drawn(seed: int, n: int = 30_000) -> tuple[ExposureCells, np.ndarray]:
    """Cells of people whom causes strike by themselves, and the true part of each cause."""
    rng = np.random.default_rng(seed)
    exposed = rng.random((n, 3)) < SHARES
    stratum = rng.integers(0, 2, n)
    struck = (rng.random((n, 3)) < TRUE) & exposed
    cases = struck.sum(axis=1) + (rng.random(n) < BASE[stratum])
    expected = TRUE * np.array(SHARES)
    return cells_of(CAUSES, exposed, cases, strata=stratum, buckets=rng.integers(0, 200, n)), expected / (
        expected.sum() + BASE.mean()
    )


def found(cells: ExposureCells) -> ExtraCases:
    answer = extra_cases(cells)
    assert isinstance(answer, ExtraCases)
    return answer


def values(results: tuple[object, ...]) -> list[float]:
    assert all(isinstance(one, Estimate) for one in results)
    return [one.estimate for one in results]  # type: ignore[attr-defined]


def test_rates_are_those_of_a_peer(shared: Path) -> None:
    rows = pd.read_csv(shared / "golden" / "e_contacts.csv")
    names = ["late", "oos", "promo", "bill"]
    answer = found(cells_of(names, rows[names].to_numpy(), rows["y"].to_numpy(), strata=rows["seg"].to_numpy()))
    design = pd.concat([pd.get_dummies(rows["seg"]).astype(float), rows[names].astype(float)], axis=1)
    peer = sm.GLM(rows["y"], design, family=sm.families.Poisson(sm.families.links.Identity())).fit()
    assert values(answer.rates) == pytest.approx(list(peer.params[names]), abs=1e-6)


def test_parts_and_what_is_not_attributed_add_up_to_all_cases() -> None:
    answer = found(drawn(1)[0])
    assert isinstance(answer.unattributed, Estimate)
    assert sum(values(answer.parts)) + answer.unattributed.estimate == pytest.approx(1)
    assert values(answer.cases) == pytest.approx([part * answer.n for part in values(answer.parts)])


def test_the_truth_lies_in_the_interval_as_often_as_is_said() -> None:
    covered = []
    for seed in range(60):
        cells, truth = drawn(seed)
        covered += [part.low <= true <= part.high for part, true in zip(found(cells).parts, truth, strict=True)]  # type: ignore[union-attr]
    assert 0.90 <= np.mean(covered) <= 0.99


def test_causes_that_strike_by_themselves_keep_their_part_where_they_meet() -> None:
    rng = np.random.default_rng(7)
    n = 40_000
    first = rng.random(n) < 0.1
    exposed = np.column_stack([first, (rng.random(n) < 0.5) & first, rng.random(n) < 0.02])
    cases = ((rng.random((n, 3)) < TRUE) & exposed).sum(axis=1) + (rng.random(n) < 0.01)
    answer = found(cells_of(CAUSES, exposed, cases, buckets=rng.integers(0, 200, n)))
    for rate, true in zip(answer.rates, TRUE, strict=True):
        assert isinstance(rate, Estimate)
        assert rate.low < true < rate.high


@given(st.integers(0, 10_000), st.permutations(range(3)))
@settings(max_examples=15, deadline=None)
def test_the_order_of_causes_does_not_matter(seed: int, order: list[int]) -> None:
    cells, _ = drawn(seed, 3_000)
    turned = ExposureCells(
        tuple(CAUSES[place] for place in order), cells.exposed[:, order], cells.stratum, cells.at_risk, cells.cases
    )
    first, second = extra_cases(cells), extra_cases(turned)
    assert isinstance(first, ExtraCases) == isinstance(second, ExtraCases)
    if isinstance(first, ExtraCases) and isinstance(second, ExtraCases):
        assert values(second.parts) == pytest.approx([values(first.parts)[place] for place in order], abs=1e-8)


def test_a_stratum_without_a_case_changes_nothing() -> None:
    cells, _ = drawn(3)
    quiet = ExposureCells(
        cells.causes,
        np.vstack([cells.exposed, np.zeros((1, 3), dtype=bool)]),
        np.append(cells.stratum, 9),
        np.vstack([cells.at_risk, np.ones((1, cells.at_risk.shape[1]))]),
        np.vstack([cells.cases, np.zeros((1, cells.cases.shape[1]))]),
    )
    assert values(found(quiet).parts) == pytest.approx(values(found(cells).parts), abs=1e-9)


def test_a_stratum_that_one_bucket_alone_makes_up_hides_no_cause() -> None:
    cells, _ = drawn(3)
    lonely = np.zeros((1, cells.at_risk.shape[1]))
    lonely[0, 7] = 4.0
    more = ExposureCells(
        cells.causes,
        np.vstack([cells.exposed, np.zeros((1, 3), dtype=bool)]),
        np.append(cells.stratum, 9),
        np.vstack([cells.at_risk, lonely]),
        np.vstack([cells.cases, lonely / 4]),
    )
    assert values(found(more).cases) == pytest.approx(values(found(cells).cases), abs=1e-6)


@pytest.mark.parametrize(
    ("exposed", "cases", "code"),
    [
        (np.zeros((300, 1)), np.ones(300), "collinear"),
        (np.ones((300, 1)), np.ones(300), "collinear"),
        (np.eye(300)[:, :1], np.zeros(300), "few_cases"),
        (np.repeat(np.arange(300)[:, None] % 2, 2, axis=1), np.ones(300), "collinear"),
        (np.eye(300)[:, :1], np.ones(300), "unstable"),
    ],
)
def test_there_is_no_verdict_where_nothing_can_be_compared(exposed: np.ndarray, cases: np.ndarray, code: str) -> None:
    names = [f"c{place}" for place in range(exposed.shape[1])]
    answer = extra_cases(cells_of(names, exposed, cases))
    assert isinstance(answer, NoVerdict)
    assert answer.code == code


def test_too_few_buckets_give_no_verdict() -> None:
    cells = cells_of(("c",), np.arange(300)[:, None] % 2, np.ones(300), buckets=np.arange(300) % 5)
    answer = extra_cases(cells)
    assert isinstance(answer, NoVerdict)
    assert answer.code == "few_buckets"
