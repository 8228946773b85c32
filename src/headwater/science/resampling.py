"""Resampling whole buckets of customers: how sure an order is, whose figures share the same customers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array

SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Places:
    """One entry an item: the share of draws in which it comes first, and the lowest and highest place (1 is first)
    between which it stands in ``confidence`` of the draws."""

    first: Array
    low: npt.NDArray[np.int64]
    high: npt.NDArray[np.int64]
    confidence: float = 0.95


def bucket_weights(buckets: int, draws: int = 1_000, *, seed: int = SEED) -> Array:
    """How often each bucket is drawn in each resample, shape (draws, buckets); the same seed draws the same.

    Buckets of customers are resampled whole, so that what belongs to one customer stays together (Davison and Hinkley,
    Bootstrap Methods and their Application, 1997, section 3.8).
    """
    if buckets < 1 or draws < 1:
        raise ValueError(f"there must be buckets and draws, not {buckets} and {draws}")
    generator = np.random.default_rng(seed)
    return generator.multinomial(buckets, np.full(buckets, 1 / buckets), size=draws).astype(float)


def places(draws: npt.ArrayLike, *, confidence: float = 0.95) -> Places:
    """Which places each item takes, largest value first, in draws of shape (draws, items).

    The draws must be of all items together, so that what they share does not make their order seem unsure (Goldstein
    and Spiegelhalter, JRSS A 159 (1996) 385-443). Items that are equal in a draw stand in the order given.
    """
    values = np.asarray(draws, dtype=float)
    if values.ndim != 2 or not np.all(np.isfinite(values)):
        raise ValueError(f"draws must be finite and have the shape (draws, items), not {values.shape}")
    order = np.argsort(-values, axis=1, kind="stable")
    ranks = np.argsort(order, axis=1, kind="stable") + 1
    tail = (1 - confidence) / 2
    low = np.quantile(ranks, tail, axis=0, method="inverted_cdf").astype(np.int64)
    high = np.quantile(ranks, 1 - tail, axis=0, method="inverted_cdf").astype(np.int64)
    return Places((ranks == 1).mean(axis=0), low, high, confidence)
