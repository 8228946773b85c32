"""How sure an order is, from draws of all items together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headwater.science.resampling import bucket_weights, places


def test_clearly_apart_items_keep_their_places() -> None:
    found = places(np.tile([3.0, 1.0, 2.0], (100, 1)))
    assert found.first.tolist() == [1, 0, 0]
    assert found.low.tolist() == found.high.tolist() == [1, 3, 2]


def test_two_that_swap_half_of_the_time_may_both_be_first() -> None:
    found = places([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0]] * 50)
    assert found.first.tolist() == [0.5, 0.5, 0]
    assert found.low.tolist() == [1, 1, 3]
    assert found.high.tolist() == [2, 2, 3]


@given(arrays(float, st.tuples(st.integers(1, 40), st.integers(1, 6)), elements=st.floats(-1e6, 1e6)))
def test_someone_is_first_and_every_place_exists(draws: np.ndarray) -> None:
    found = places(draws)
    assert found.first.sum() == pytest.approx(1)
    assert np.all(found.low <= found.high)
    assert found.low.min() >= 1
    assert found.high.max() <= draws.shape[1]


def test_every_resample_draws_as_many_buckets_and_the_same_each_time() -> None:
    weights = bucket_weights(200, 50)
    assert weights.shape == (50, 200)
    assert set(weights.sum(axis=1)) == {200}
    assert np.array_equal(weights, bucket_weights(200, 50))
    assert weights.mean() == 1


@pytest.mark.parametrize("draws", [[1.0, 2.0], [[np.nan, 1.0]]])
def test_what_is_no_table_of_draws_is_refused(draws: list[float]) -> None:
    with pytest.raises(ValueError, match="draws"):
        places(draws)
    with pytest.raises(ValueError, match="buckets"):
        bucket_weights(0)
