"""Score integrity: who stands out, and how many of them wrongly."""

import numpy as np
import pytest
from scipy import stats

import headwater.science as hs
from headwater.science.integrity import fisher


def simulated(seed: int, units: int = 200, gaming: int = 12) -> tuple[dict[str, hs.Unit], set[str]]:
    """Branches whose customers differ; some of them send the survey to happy customers only, in bursts."""
    random = np.random.default_rng(seed)
    asked = random.integers(60, 500, units)
    rate = 1 / (1 + np.exp(-random.normal(-1.1, 0.35, units)))
    top = 1 / (1 + np.exp(-random.normal(0.2, 0.35, units)))
    gamed = np.arange(units) < gaming
    rate, top = np.where(gamed, rate * 0.6, rate), np.where(gamed, 1 - 0.35 * (1 - top), top)
    answered = np.maximum(random.binomial(asked, rate), 1)
    tops = random.binomial(answered, top)
    even = np.full(20, 1 / 20)
    days = [
        random.multinomial(k, random.dirichlet(np.full(20, 1.5)) if game else even)
        for k, game in zip(tops, gamed, strict=True)
    ]
    rows = zip(asked, answered, tops, days, strict=True)
    found = {
        str(i): hs.Unit(int(a), int(b), int(c), tuple(int(day) for day in d)) for i, (a, b, c, d) in enumerate(rows)
    }
    return found, {str(i) for i in range(gaming)}


def naive(units: dict[str, hs.Unit]) -> set[str]:
    """Outside 95 % limits that expect nothing but chance, on either figure."""
    found = set()
    for field, base in (("answered", "asked"), ("top", "answered")):
        hits = np.array([getattr(one, field) for one in units.values()])
        n = np.array([getattr(one, base) for one in units.values()])
        share = hits.sum() / n.sum()
        z = (hits / n - share) / np.sqrt(share * (1 - share) / n)
        found |= {name for name, score in zip(units, z, strict=True) if abs(score) > 1.96}
    return found


def test_few_of_those_found_are_found_wrongly() -> None:
    wrong, wrong_naive, hits = [], [], []
    for seed in range(40):
        units, gaming = simulated(seed)
        screened = hs.screen(units, q=0.1)
        assert isinstance(screened, hs.Screen)
        found = {one.name for one in screened.units if one.stands_out}
        wrong.append(len(found - gaming) / max(len(found), 1))
        hits.append(len(found & gaming) / len(gaming))
        simple = naive(units)
        wrong_naive.append(len(simple - gaming) / max(len(simple), 1))
    assert np.mean(wrong) < 0.13
    assert np.mean(wrong_naive) > 0.6
    assert np.mean(hits) > 0.55


def test_where_nobody_games_hardly_anybody_is_found() -> None:
    found = []
    for seed in range(40):
        screened = hs.screen(simulated(seed, gaming=0)[0], q=0.1)
        assert isinstance(screened, hs.Screen)
        found.append(any(one.stands_out for one in screened.units))
    assert np.mean(found) <= 0.25  # 13.8 % in 500 runs, 6.0 % at q = .05: the honest spread is itself estimated


def test_honest_differences_between_branches_are_estimated() -> None:
    random = np.random.default_rng(1)
    n = random.integers(200, 800, 400)
    level = random.normal(1.2, 0.15, 400)
    hits = random.binomial(n, np.sin(level / 2) ** 2)
    scores, spread = hs.funnel(hits, n)
    assert spread == pytest.approx(0.15, rel=0.15)
    assert np.std(scores) == pytest.approx(1, abs=0.08)
    alike, none = hs.funnel(random.binomial(n, 0.3), n)
    assert none < 0.03
    assert np.std(alike) == pytest.approx(1, abs=0.12)


def test_evidence_is_combined_as_scipy_does_it() -> None:
    p_values = np.array([[0.04, 0.5, np.nan], [0.2, 0.9, np.nan], [0.1, np.nan, np.nan]])
    found = fisher(p_values)
    assert found[0] == pytest.approx(stats.combine_pvalues([0.04, 0.2, 0.1]).pvalue)
    assert found[1] == pytest.approx(stats.combine_pvalues([0.5, 0.9]).pvalue)
    assert np.isnan(found[2])


def test_a_small_unit_is_shown_and_not_judged() -> None:
    units, _ = simulated(3, units=30)
    screened = hs.screen({**units, "tiny": hs.Unit(9, 9, 9, (9, *[0] * 19))})
    assert isinstance(screened, hs.Screen)
    tiny = next(one for one in screened.units if one.name == "tiny")
    assert np.isnan(tiny.p_value)
    assert not tiny.stands_out
    assert isinstance(tiny.top_share, hs.Estimate)
    assert screened.plot()["usermeta"]["figures"]["rows"]


def test_where_nobody_knows_who_was_asked_the_scores_alone_are_examined() -> None:
    units, gaming = simulated(5)
    unasked = {name: hs.Unit(None, one.answered, one.top, one.by_period) for name, one in units.items()}
    screened = hs.screen(unasked)
    assert isinstance(screened, hs.Screen)
    assert all(np.isnan(one.response_z) for one in screened.units)
    assert all(isinstance(one.response_rate, hs.NoVerdict) for one in screened.units)
    found = {one.name for one in screened.units if one.stands_out}
    assert found & gaming
    assert len(found - gaming) <= 0.2 * len(found)


def test_few_units_do_not_show_what_is_usual() -> None:
    found = hs.screen({str(i): hs.Unit(100, 50, 20) for i in range(9)})
    assert isinstance(found, hs.NoVerdict)
    assert found.code == "few_units"


def test_impossible_counts_are_an_error() -> None:
    with pytest.raises(ValueError, match="top scores are among"):
        hs.screen({"a": hs.Unit(10, 5, 6)})
    uneven = {str(i): hs.Unit(100, 50, 20, (5,) * (4 + i % 2)) for i in range(20)}
    with pytest.raises(ValueError, match="same 4 periods"):
        hs.screen(uneven)
