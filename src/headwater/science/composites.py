"""A mean from its sums, and several means as one score, where only sums are known and not who answered what.

Answers of the same person hang together. Without knowing who answered what, the standard error of a weighted mean of
several questions is at most the weighted mean of theirs (Cauchy-Schwarz), reached where everybody answers all questions
alike. That bound is used: an interval may be too wide, never too narrow for that reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from headwater.science.bounds import two_sided_t
from headwater.science.intervals import unanimous_bounds
from headwater.science.results import Estimate, NoVerdict, Result

SAMPLED = "who answered stands for those who did not"
ALIKE = "as wide as if everybody answered all questions alike"


@dataclass(frozen=True, slots=True)
class Part:
    """One question of a score: how much it counts, and the sums of its answers and of their squares over ``n`` people.

    ``limits`` are the ends of its scale; ``reversed`` where a low answer is the good one.
    """

    weight: float
    n: int
    total: float
    squares: float
    limits: tuple[float, float] = (0.0, 100.0)
    reversed: bool = False


def mean_of_sums(
    n: int, total: float, squares: float, *, limits: tuple[float, float] | None = None, confidence: float = 0.95
) -> Result:
    """Mean of ``n`` answers from their sum and sum of squares, Student's t; inside ``limits`` where they are given.

    Where all answers are the same the interval is as wide as one unseen other answer allows.
    """
    if n < 2:
        return NoVerdict("few_answers", f"{n} answers have no spread.", n)
    mean, error = _mean_and_error(n, total, squares)
    low, high = _around(mean, error, n, confidence)
    if error == 0.0:
        if limits is None:
            return NoVerdict("no_spread", f"All {n} answers are the same, so their spread is unknown.", n)
        low, high = unanimous_bounds(mean, n, limits, confidence=confidence)
    if limits is not None:
        low, high = max(low, limits[0]), min(high, limits[1])
    name = f"mean, Student's t with {n - 1} degrees of freedom"
    return Estimate(mean, low, high, n, name, (SAMPLED,), confidence)


def composite(parts: Sequence[Part], *, confidence: float = 0.95) -> Result:
    """Several questions as one score in 0…100: the weighted mean of their means, each on 0…100, 100 the good end.

    ``n`` is that of the question with the fewest answers. ``no_questions`` where nothing has a weight, ``few_answers``
    where a question has fewer than 2 answers.
    """
    counting = [part for part in parts if part.weight > 0]
    if not counting:
        return NoVerdict("no_questions", "No question counts towards this score.")
    n = min(part.n for part in counting)
    if n < 2:
        return NoVerdict("few_answers", f"A question of this score has {n} answers.", n)
    whole = sum(part.weight for part in counting)
    mean = error = 0.0
    for part in counting:
        low, high = part.limits
        middle, doubt = _mean_and_error(part.n, part.total, part.squares)
        scaled = 100 * (middle - low) / (high - low)
        mean += part.weight / whole * (100 - scaled if part.reversed else scaled)
        error += part.weight / whole * 100 * doubt / (high - low)
    lowest, highest = _around(mean, error, n, confidence)
    name = f"weighted mean of {len(counting)} questions, Student's t with {n - 1} degrees of freedom"
    return Estimate(mean, max(0.0, lowest), min(100.0, highest), n, name, (SAMPLED, ALIKE), confidence)


def _mean_and_error(n: int, total: float, squares: float) -> tuple[float, float]:
    mean = total / n
    spread = max(squares - n * mean * mean, 0.0) / (n - 1)
    # Sums of squares leave rounding behind where there is no spread at all.
    return mean, 0.0 if spread <= 1e-12 * max(mean * mean, 1.0) else sqrt(spread / n)


def _around(mean: float, error: float, n: int, confidence: float) -> tuple[float, float]:
    reach = float(two_sided_t(confidence, np.asarray(n - 1))) * error
    return mean - reach, mean + reach
