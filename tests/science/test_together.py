"""Two series over time move together or not; several questions become one score; trees keep small groups unseen."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs
from headwater.science.anonymity import with_totals


def smooth(random: np.random.Generator, months: int, keep: float, rows: int = 1) -> np.ndarray:
    series = random.normal(size=(rows, months + 30))
    for month in range(1, months + 30):
        series[:, month] += keep * series[:, month - 1]
    return series[:, 30:]


def test_a_planted_lag_is_found_and_said_with_its_interval() -> None:
    random = np.random.default_rng(3)
    first = smooth(random, 36, 0.3)[0]
    second = np.concatenate([[0.0], first[:-1]]) + random.normal(0, 0.4, 36)
    found = hs.moves_together(first, second)
    assert found.strongest is not None
    lag, estimate = found.strongest
    assert lag == 1
    assert estimate.low > 0.4
    assert estimate.n == 35
    assert any("not causing" in said for said in estimate.assumptions)
    assert len(found.plot()["data"]["values"]) == 4


def test_independent_series_seldom_move_together() -> None:
    random = np.random.default_rng(5)
    both = smooth(random, 30, 0.5, 800)
    called = sum(hs.moves_together(one, other).strongest is not None for one, other in both.reshape(400, 2, 30))
    assert called / 400 < 0.08


def test_a_common_trend_is_no_moving_together() -> None:
    random = np.random.default_rng(6)
    months = np.arange(30)
    found = hs.moves_together(months + random.normal(0, 1, 30), 2.0 * months + random.normal(0, 1, 30))
    assert found.strongest is None


def test_a_panel_finds_the_slope_within_departments() -> None:
    random = np.random.default_rng(7)
    first = smooth(random, 18, 0.2, 9) + random.normal(0, 5, (9, 1)) + random.normal(0, 5, (1, 18))
    second = random.normal(0, 0.3, (9, 18)) + random.normal(0, 9, (9, 1)) + random.normal(0, 3, (1, 18))
    second[:, 2:] += 0.7 * first[:, :-2]
    found = hs.panel(first, second)
    assert found.strongest is not None
    lag, estimate = found.strongest
    assert lag == 2
    assert estimate.low < 0.7 < estimate.high


def test_panels_without_a_relation_seldom_show_one() -> None:
    random = np.random.default_rng(8)
    called = [hs.panel(smooth(random, 18, 0.4, 9), smooth(random, 18, 0.4, 9)).strongest for _ in range(200)]
    assert sum(one is not None for one in called) / 200 < 0.1


def test_few_months_or_departments_answer_no_verdict() -> None:
    random = np.random.default_rng(9)
    short = hs.moves_together(random.normal(size=12), random.normal(size=12))
    assert [getattr(one, "code", "") for one in short.results][1:] == ["few_months"] * 3
    few = hs.panel(random.normal(size=(5, 30)), random.normal(size=(5, 30)))
    assert {getattr(one, "code", "") for one in few.results} == {"few_units"}
    still = hs.moves_together(np.ones(30), random.normal(size=30))
    assert getattr(still.results[0], "code", "") == "no_spread"
    with pytest.raises(ValueError, match="same months"):
        hs.moves_together([1, 2], [1])


def test_months_without_a_value_are_left_out() -> None:
    random = np.random.default_rng(10)
    first, second = random.normal(size=(2, 20))
    first[3] = second[7] = np.nan
    result = hs.moves_together(first, second).results[0]
    assert result.n == 18


def test_a_mean_of_sums_is_student_s() -> None:
    answers = np.array([25.0, 50, 75, 75, 100])
    found = hs.mean_of_sums(5, answers.sum(), (answers**2).sum(), limits=(0, 100))
    assert isinstance(found, hs.Estimate)
    half = 2.7764451 * answers.std(ddof=1) / np.sqrt(5)
    assert (found.estimate, found.low) == pytest.approx((65.0, 65 - half))
    assert found.high == pytest.approx(min(100, 65 + half))
    same = hs.mean_of_sums(8, 800, 80_000, limits=(0, 100))
    assert isinstance(same, hs.Estimate)
    assert same.low < 80
    assert getattr(hs.mean_of_sums(1, 3, 9), "code", "") == "few_answers"
    assert getattr(hs.mean_of_sums(3, 9, 27), "code", "") == "no_spread"


@given(st.integers(0, 10_000), st.integers(5, 40))
@settings(max_examples=40)
def test_a_score_s_interval_is_never_narrower_than_that_of_each_person_s_own_score(seed: int, people: int) -> None:
    random = np.random.default_rng(seed)
    answers = np.clip(random.normal(50, 20, (people, 1)) + random.normal(0, 15, (people, 3)), 0, 100)
    weights = np.array([2.0, 1.0, 1.0])
    parts = [hs.Part(w, people, column.sum(), (column**2).sum()) for w, column in zip(weights, answers.T, strict=True)]
    found = hs.composite(parts)
    assert isinstance(found, hs.Estimate)
    own = answers @ weights / 4
    assert found.estimate == pytest.approx(own.mean())
    exact = hs.mean_of_sums(people, own.sum(), (own**2).sum(), limits=(0, 100))
    assert isinstance(exact, hs.Estimate)
    assert found.low <= exact.low + 1e-6
    assert found.high >= exact.high - 1e-6


def test_a_reversed_question_counts_the_other_way_round() -> None:
    good, bad = hs.Part(1, 10, 40, 170, (1, 5)), hs.Part(1, 10, 20, 50, (1, 5), reversed=True)
    found = hs.composite([good, bad])
    assert isinstance(found, hs.Estimate)
    assert found.estimate == pytest.approx(75)
    assert getattr(hs.composite([hs.Part(0, 10, 40, 170)]), "code", "") == "no_questions"


names = [f"u{number}" for number in range(9)]
trees = st.tuples(*(st.sampled_from([None, *names[:place]]) for place in range(9))).map(
    lambda above: dict(zip(names, above, strict=True))
)
sizes = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=9, max_size=9)


def under(tree: Mapping[str, str | None], unit: str) -> list[str]:
    found = [unit]
    for one in found:
        found += [child for child, above in tree.items() if above == one]
    return found


@given(trees, sizes, st.integers(3, 7), st.integers(0, 3))
@settings(max_examples=150)
def test_nothing_small_follows_from_what_a_tree_publishes(
    tree: dict[str, str | None], sizes: list[tuple[int, bool]], threshold: int, more: int
) -> None:
    people = {name: hs.People(n, 0.0, 1.0 if spread else 0.0) for name, (n, spread) in zip(names, sizes, strict=True)}
    members = {unit: {(one, place) for one in under(tree, unit) for place in range(people[one].n)} for unit in tree}
    shown = hs.publishable(tree, people, threshold)
    assert hs.nested_differences({unit: members[unit] for unit in shown}, threshold) == []
    rests = hs.rests_of(tree, shown)
    for unit in shown:
        rest = [people[one] for one, place in rests.items() if place == unit and people[one].n]
        assert not rest or min(one.lowest for one in rest) < max(one.highest for one in rest)
    # A higher threshold later publishes no unit that was hidden, and the two together give nothing away either.
    later = hs.publishable(tree, people, threshold + more, hidden=set(tree) - shown)
    assert later <= shown


@given(st.lists(st.integers(0, 20), min_size=2, max_size=6), st.integers(2, 6))
@settings(max_examples=60)
def test_on_one_level_an_attacker_of_the_table_finds_nothing(counts: list[int], threshold: int) -> None:
    teams: dict[str, str | None] = {str(place): "all" for place in range(len(counts))}
    people = {str(place): hs.People(n) for place, n in enumerate(counts)}
    shown = hs.publishable({"all": None, **teams}, people, threshold)
    if "all" not in shown:
        assert sum(counts) < threshold
        return
    table = with_totals(np.array(counts, float)[:, None])
    hidden = np.array([[str(place) not in shown] * 2 for place in range(len(counts))] + [[False, False]])
    assert hs.attackable(table, hidden, threshold) == []
    primary = sum(0 < n < threshold for n in counts)
    # As few as can be: the small ones, and at most one more.
    assert sum(n > 0 for n in counts) - (len(shown) - 1) <= primary + 1


def test_a_tree_asks_for_a_threshold_that_hides() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        hs.publishable({"a": None}, {"a": hs.People(9)}, 1)
