"""The sample company's planted causes lie in the intervals that are reported for them, as often as is said."""

import pytest

from bench.planted import coverage, one_seed

pytestmark = pytest.mark.long
SEEDS = range(1, 21)


def test_planted_causes_lie_in_their_intervals_over_twenty_seeds() -> None:
    """Some 200 intervals; the 200 seeds of ``python -m bench planted`` give the narrower answer."""
    found = coverage([one_seed(seed) for seed in SEEDS])
    assert len(found.truth) >= 10
    assert 0.90 <= found.pooled <= 0.99
    assert all(abs(error) < 0.15 for error in found.bias.values())
