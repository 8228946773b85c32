"""Who did not answer: response rates by segment, and whether those who answered can stand for the customer base."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headwater.science.bounds import Array
from headwater.science.comparisons import Comparison, compare
from headwater.science.intervals import proportion
from headwater.science.pictures import Picture
from headwater.science.results import Estimate, NoVerdict, Result, plot

DRAWS = 4000
SEED = 20_260_101
FEWEST_ANSWERS = 10
# A segment with fewer than that many answers that is a larger part of the base than this cannot be spoken for.
UNHEARD = 0.05
# With a representativity below this the answered group differs much from the base.
REPRESENTATIVE = 0.7


@dataclass(frozen=True, slots=True)
class ResponseRates:
    """Response rates by segment with what they mean for the whole.

    ``against_rest`` compares each segment with all others, false discoveries controlled. ``representativity`` is
    1 - 2 S, S the standard deviation of the response rates over the base: 1 where all segments answer alike, 0 at
    worst. ``largest_bias`` bounds how far an unweighted mean can be off because of these segments, in standard
    deviations of the answers. ``warnings`` say in words why the answered cannot stand for the base.
    """

    rates: Mapping[str, Result]
    against_rest: tuple[Comparison, ...]
    overall: Result
    representativity: Result
    largest_bias: Result
    warnings: tuple[str, ...]
    n: int

    def plot(self) -> Picture:
        """Response rates by segment around the overall one."""
        overall = self.overall.estimate if isinstance(self.overall, Estimate) else None
        return plot(dict(self.rates), reference=overall, description="Response rates by segment")


def response_rates(segments: Mapping[str, tuple[int, int]], *, confidence: float = 0.95) -> ResponseRates | NoVerdict:
    """From (answered, asked) of each segment; together they are everybody who was asked.

    Representativity: Schouten, Cobben and Bethlehem, Survey Methodology 35 (2009) 101-113, with the variance that
    chance alone gives to rates taken off; intervals from seeded binomial draws.
    """
    answered = np.array([pair[0] for pair in segments.values()], dtype=float)
    asked = np.array([pair[1] for pair in segments.values()], dtype=float)
    if np.any(answered < 0) or np.any(answered > asked):
        raise ValueError("answered lies between nobody and all who were asked")
    n = int(asked.sum())
    if n == 0:
        return NoVerdict("no_answers", "Nobody was asked.", 0)
    rates: dict[str, Result] = {
        name: proportion(int(a), int(b), confidence=confidence) for name, (a, b) in segments.items()
    }
    rest = [
        proportion(int(answered.sum() - a), int(n - b), confidence=confidence)
        for a, b in zip(answered, asked, strict=True)
    ]
    against = compare((name, rate, other) for (name, rate), other in zip(rates.items(), rest, strict=True))
    overall = proportion(int(answered.sum()), n, confidence=confidence)
    evenness, bias = _representativity(answered, asked, confidence)
    return ResponseRates(rates, against, overall, evenness, bias, _warnings(segments, n, evenness), n)


def _representativity(answered: Array, asked: Array, confidence: float) -> tuple[Result, Result]:
    n = int(asked.sum())
    if len(asked) < 2 or answered.sum() == 0 or np.any(asked < 2):
        reason = NoVerdict("few_segments", "Two segments with at least two customers each must have been asked.", n)
        return reason, reason
    share = asked / asked.sum()

    def spread(hits: Array) -> tuple[Array, Array]:
        rate = hits / asked
        mean = (rate * share).sum(axis=-1, keepdims=True)
        chance = (share * rate * (1 - rate) / (asked - 1)).sum(axis=-1)
        variance = (share * (rate - mean) ** 2).sum(axis=-1) - chance
        return np.sqrt(np.maximum(variance, 0)), mean[..., 0]

    found, mean = spread(answered)
    smoothed = (answered + 0.5) / (asked + 1)
    drawn = np.random.default_rng(SEED).binomial(asked.astype(int), smoothed, size=(DRAWS, len(asked))).astype(float)
    many, means = spread(drawn)
    tail = (1 - confidence) / 2
    assumptions = ("customers of a segment answer with one chance each",)

    def answer(value: float, values: Array, name: str) -> Estimate:
        low, high = np.quantile(values, [tail, 1 - tail])
        return Estimate(value, min(float(low), value), max(float(high), value), n, name, assumptions, confidence)

    evenness = answer(1 - 2 * float(found), 1 - 2 * many, "R-indicator, chance taken off")
    bias = answer(float(found / mean), many / np.maximum(means, 1e-12), "largest standardised bias of a mean")
    return evenness, bias


def _warnings(segments: Mapping[str, tuple[int, int]], n: int, evenness: Result) -> tuple[str, ...]:
    silent = [
        f"{name}: {answered} answers for {asked / n:.0%} of the base"
        for name, (answered, asked) in segments.items()
        if answered < FEWEST_ANSWERS and asked / n > UNHEARD
    ]
    uneven = isinstance(evenness, Estimate) and evenness.high < REPRESENTATIVE
    return tuple(silent) + (("segments answer so unevenly that the whole is that of a few",) if uneven else ())
