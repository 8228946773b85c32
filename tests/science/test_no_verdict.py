"""Whatever the data, a figure is a figure: finite, inside its interval, or there is a reason why there is none."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import headwater.science as hs

seeds = st.integers(0, 100_000)


def estimates(answer: Any) -> Iterator[hs.Estimate]:
    """Every estimate inside an answer."""
    if isinstance(answer, hs.Estimate):
        yield answer
    elif isinstance(answer, hs.NoVerdict):
        assert answer.code
        assert answer.message.endswith((".", "them.", "one."))
        assert answer.n >= 0
    elif isinstance(answer, Mapping):
        for one in answer.values():
            yield from estimates(one)
    elif isinstance(answer, tuple | list):
        for one in answer:
            yield from estimates(one)
    elif dataclasses.is_dataclass(answer):
        for field in dataclasses.fields(answer):
            yield from estimates(getattr(answer, field.name))


def sound(answer: Any) -> None:
    for one in estimates(answer):
        assert all(math.isfinite(value) for value in (one.estimate, one.low, one.high)), one
        assert one.low <= one.estimate <= one.high, one
        assert one.n >= 0
        assert one.method


def poor(random: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Few, repeated, missing and constant answers."""
    table = random.integers(1, random.integers(2, 6), (rows, columns)).astype(float)
    table[random.random(table.shape) < random.choice([0.0, 0.2, 0.7])] = np.nan
    if random.random() < 0.3:
        table[:, 0] = table[:, -1]
    if random.random() < 0.2:
        table[:, random.integers(columns)] = 3.0
    return table


@given(seeds, st.integers(1, 80), st.integers(2, 6), st.integers(1, 30))
@settings(max_examples=60)
def test_drivers_of_poor_data(seed: int, rows: int, columns: int, buckets: int) -> None:
    random = np.random.default_rng(seed)
    table = {f"x{i}": column for i, column in enumerate(poor(random, rows, columns).T)}
    moments = hs.from_rows(table, buckets=random.integers(0, buckets, rows))
    for method in ("lmg", "johnson"):
        sound(hs.drivers(moments, "x1", method=method, replicates=40))
    sound(hs.driver_differences(moments, moments[::-1], "x1", replicates=40))
    sound(hs.penalty_reward(moments, "x1", {"x": ("x0", f"x{columns - 1}")}) if columns > 2 else ())


@given(seeds, st.integers(1, 300), st.integers(0, 5), st.integers(1, 40), st.sampled_from(["happened", "count"]))
@settings(max_examples=60)
def test_causes_of_few_cases(seed: int, rows: int, causes: int, buckets: int, outcome: str) -> None:
    random = np.random.default_rng(seed)
    exposed = random.random((rows, causes)) < random.random(causes)
    if causes > 1 and random.random() < 0.3:
        exposed[:, 1] = exposed[:, 0]
    happened = random.random(rows) < random.random()
    cells = hs.cells_of(
        [f"c{i}" for i in range(causes)],
        exposed,
        happened,
        strata=random.integers(0, 3, rows),
        buckets=random.integers(0, buckets, rows),
    )
    sound(hs.average_attributable_fractions(cells, outcome=outcome))


@given(seeds, st.integers(1, 120), st.integers(0, 4))
@settings(max_examples=60)
def test_effects_among_few_customers(seed: int, rows: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    confounders = random.integers(0, 3, (rows, columns)).astype(float)
    affected = (random.random(rows) < random.random()).astype(float)
    left = (random.random(rows) < random.random()).astype(float)
    clusters = random.integers(0, 30, rows) if random.random() < 0.5 else None
    for family in ("linear", "logistic"):
        for among in ("everyone", "affected"):
            sound(hs.doubly_robust(left, affected, confounders, family=family, among=among, clusters=clusters))


@given(seeds, st.integers(1, 60), st.integers(1, 40))
@settings(max_examples=40)
def test_weights_lags_and_hunches_of_little(seed: int, rows: int, buckets: int) -> None:
    random = np.random.default_rng(seed)
    scores, weights = random.integers(-1, 2, rows), random.random(rows) + 0.01
    clusters = random.integers(0, buckets, rows)
    for found in (
        hs.weighted_nps(scores, weights, clusters=clusters),
        hs.weighted_mean(scores, weights, clusters=clusters),
        hs.weighted_proportion(scores > 0, weights, clusters=clusters),
        hs.weighted_proportion(scores > 0, weights, clusters=clusters, method="logit"),
    ):
        sound(found.result)
    raked = hs.rake({"x": scores}, {"x": {"-1": 0.2, "0": 0.5, "1": 0.3}})
    sound(raked.mean(weights) if isinstance(raked, hs.Raked) else raked)
    lags = random.poisson(0.5, (5, buckets)), np.full((5, buckets), 3.0)
    sound(hs.lag_profile(*lags, random.poisson(2, buckets), np.full(buckets, 30.0)))
    sound(hs.calibration(random.random(rows), scores > 0))
    sound(hs.response_rates({str(i): (int(a), int(b)) for i, (a, b) in enumerate(zip(*small(random), strict=True))}))
    sound(hs.screen({str(i): unit(random) for i in range(rows)}))


def small(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    asked = random.integers(0, 30, random.integers(1, 6))
    return random.binomial(asked, 0.3), asked


def unit(random: np.random.Generator) -> hs.Unit:
    asked = int(random.integers(0, 80))
    answered = int(random.binomial(asked, 0.6))
    return hs.Unit(asked, answered, int(random.binomial(answered, random.choice([0.0, 0.5, 1.0]))))


@given(seeds, st.integers(0, 60))
@settings(max_examples=40)
def test_yes_or_no_of_few(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    x = random.integers(0, 3, (rows, 2)).astype(float)
    if rows:
        sound(hs.logit_drivers(random.random(rows) < random.random(), {"a": x[:, 0], "b": x[:, 1]}))
    a, n, c, m = random.integers(0, 4), 5, random.integers(0, 4), 5
    sound(hs.attributable_risk(int(a), n, int(c), m))
    sound(hs.rate_ratio(int(a), 3.0, int(c), 2.0))
