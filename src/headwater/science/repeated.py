"""Shares and NPS of customers who may answer more than once: what the repetition costs, from sums by bucket.

Customers are spread over buckets by hash, so that buckets are independent while answers inside one may not be. The
design effect is the variance between buckets divided by that of independent answers; the score interval is taken at
the effective sample size (answers divided by design effect), cut down by (z / t)² for the degrees of freedom (Korn and
Graubard, Survey Methodology 24 (1998) 193-201).

A design effect estimated where nobody repeats is noise around 1, and would widen or narrow an interval that is exact
as it stands. So the plain score interval is kept unless repetition shows: the answers sit in far fewer buckets than as
many customers would fill, or the design effect is larger than chance would make it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from headwater.science import bounds
from headwater.science.bounds import Array, Bounds, Flags

# How sure to be of repetition before an interval is widened for it.
CHANCE_OF_FALSE_ALARM = 0.005
# Fewer occupied buckets than expected by this many standard deviations are not chance.
CROWDED = 3.0


@dataclass(frozen=True, slots=True)
class Clustering:
    """One entry a group: the design effect used (1 where nothing shows), effective size, and where it was used."""

    design_effect: Array
    effective_n: Array
    repeated: Flags


def clustering(numerators: npt.ArrayLike, denominators: npt.ArrayLike, squares: npt.ArrayLike) -> Clustering:
    """How much less repeated answers say than as many independent ones.

    Arrays of shape (groups, buckets): sums of the answers' values (1, 0 and -1 for an NPS, 1 and 0 for a share),
    counts of answers, sums of the squared values. Every bucket is given, empty ones too.
    """
    top, base, squared = (np.asarray(part, dtype=float) for part in (numerators, denominators, squares))
    n, occupied = base.sum(axis=-1), (base > 0).sum(axis=-1)
    mean, _, _, error = bounds.ratio_bounds(top, base)
    simple = (squared.sum(axis=-1) / np.where(n > 0, n, np.nan) - mean**2) / np.where(n > 1, n - 1, np.nan)
    effect = np.where(simple > 1e-15, error**2 / np.where(simple > 1e-15, simple, 1.0), 1.0)
    effect = np.where(np.isnan(effect), 1.0, effect)
    degrees = np.maximum(occupied - 1, 1)
    chance = special.chdtri(degrees, CHANCE_OF_FALSE_ALARM) / degrees
    repeated = (n > occupied) & (_crowded(n, occupied, base.shape[-1]) | (effect > chance))
    # Answers that all agree show no variance; then only the buckets themselves are independent for sure.
    unanimous = repeated & (simple <= 1e-15)
    used = np.where(unanimous, n / np.maximum(occupied, 1), np.where(repeated, np.maximum(effect, 1.0), 1.0))
    return Clustering(used, n / used, repeated)


def _crowded(n: Array, occupied: npt.NDArray[np.int_], buckets: int) -> Flags:
    """Whether ``n`` different customers would hardly fill as few buckets (the classical occupancy problem)."""
    empty = (1 - 1 / buckets) ** n
    two_empty = (1 - 2 / buckets) ** n
    variance = buckets * empty + buckets * (buckets - 1) * two_empty - (buckets * empty) ** 2
    expected = buckets * (1 - empty)
    crowded: Flags = occupied < expected - CROWDED * np.sqrt(np.maximum(variance, 0)) - 0.5
    return crowded


def clustered_nps_bounds(
    promoters: npt.ArrayLike, passives: npt.ArrayLike, detractors: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[Array, Array, Clustering]:
    """Score bounds of the NPS in -1…1 for each group; counts by (group, bucket)."""
    top, middle, low = bounds.counts(promoters, passives, detractors)
    found = clustering(top - low, top + middle + low, top + low)
    shrink = _shrink(found, top + middle + low, confidence)
    totals = (part.sum(axis=-1) * shrink for part in (top, middle, low))
    return (*bounds.nps_bounds(*totals, confidence=confidence), found)


def clustered_proportion_bounds(
    successes: npt.ArrayLike, n: npt.ArrayLike, *, confidence: float = 0.95
) -> tuple[Array, Array, Clustering]:
    """Wilson bounds of a share in 0…1 for each group; counts by (group, bucket)."""
    hits, tries = bounds.counts(successes, n)
    found = clustering(hits, tries, hits)
    shrink = _shrink(found, tries, confidence)
    found_bounds: Bounds = bounds.proportion_bounds(
        np.minimum(hits.sum(axis=-1), tries.sum(axis=-1)) * shrink, tries.sum(axis=-1) * shrink, confidence=confidence
    )
    return (*found_bounds, found)


def _shrink(found: Clustering, base: Array, confidence: float) -> Array:
    """What to multiply counts with; exactly 1 where nobody repeats."""
    occupied = (base > 0).sum(axis=-1)
    ratio = bounds.two_sided_z(confidence) / bounds.two_sided_t(confidence, np.maximum(occupied - 1, 1))
    return np.where(found.repeated, ratio**2 / found.design_effect, 1.0)
