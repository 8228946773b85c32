"""Many comparisons at once: how many findings to expect by chance alone."""

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array


def benjamini_hochberg(p_values: npt.ArrayLike) -> Array:
    """Adjusted p-values that control the false discovery rate (Benjamini and Hochberg, JRSS B 57 (1995) 289-300).

    Same order as given. Declaring all with an adjusted value of at most q a finding keeps the expected share of
    false ones among them at q, for independent or positively dependent tests. ``nan`` (no test) stays ``nan`` and
    does not count as a comparison.
    """
    return _step_up(p_values, 1.0)


def benjamini_yekutieli(p_values: npt.ArrayLike) -> Array:
    """As :func:`benjamini_hochberg` for tests that depend on each other in any way (Annals of Statistics 29 (2001)).

    m tests pay for it with a factor of 1 + 1/2 + … + 1/m.
    """
    tested = int((~np.isnan(np.asarray(p_values, dtype=float))).sum())
    return _step_up(p_values, float((1 / np.arange(1, tested + 1)).sum()))


def _step_up(p_values: npt.ArrayLike, factor: float) -> Array:
    values = np.asarray(p_values, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"p-values are one list, not an array of shape {values.shape}")
    tested = ~np.isnan(values)
    given = values[tested]
    if np.any((given < 0) | (given > 1)):
        raise ValueError(f"p-values lie in 0…1, not {given.tolist()!r}")
    order = np.argsort(given)[::-1]
    ranks = np.arange(given.size, 0, -1)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.minimum.accumulate(given[order] * given.size * factor / ranks), 1)
    result = np.full_like(values, np.nan)
    result[tested] = adjusted
    return result
