"""Who did not answer: response rates by segment, and whether those who answered can stand for the customer base."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, proportion_bounds
from headwater.science.comparisons import Comparison, compare
from headwater.science.intervals import INDEPENDENT
from headwater.science.pictures import Picture
from headwater.science.repeated import clustered_proportion_bounds
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
    deviations of the answers. ``silent`` are the segments that too few answered for to speak for a large part of those
    asked; ``uneven``: segments answer so differently that the whole is that of a few.
    """

    rates: Mapping[str, Result]
    against_rest: tuple[Comparison, ...]
    overall: Result
    representativity: Result
    largest_bias: Result
    silent: tuple[str, ...]
    uneven: bool
    n: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why the answered cannot stand for those asked, in words."""
        few = tuple(
            f"{name}: fewer than {FEWEST_ANSWERS} answers for more than {UNHEARD:.0%} of the base"
            for name in self.silent
        )
        return (*few, *(("segments answer so unevenly that the whole is that of a few",) if self.uneven else ()))

    def plot(self) -> Picture:
        """Response rates by segment around the overall one."""
        overall = self.overall.estimate if isinstance(self.overall, Estimate) else None
        return plot(dict(self.rates), reference=overall, description="Response rates by segment")


Counts = npt.ArrayLike
"""A number, or one number for each customer bucket."""


def response_rates(
    segments: Mapping[str, tuple[Counts, Counts]], *, confidence: float = 0.95
) -> ResponseRates | NoVerdict:
    """From (answered, asked) of each segment; together they are everybody who was asked.

    Where customers are asked again and again, give both as arrays with one entry a customer bucket, the same buckets
    for every segment: then whoever never answers five times does not count as five. Representativity: Schouten,
    Cobben and Bethlehem, Survey Methodology 35 (2009) 101-113, with the variance that chance alone gives to rates
    taken off; intervals from seeded binomial draws at the effective number asked.
    """
    parts = [tuple(np.atleast_1d(np.asarray(one, dtype=float)) for one in pair) for pair in segments.values()]
    if not parts:
        return NoVerdict("no_answers", "Nobody was asked.", 0)
    answered, asked = np.array([pair[0] for pair in parts]), np.array([pair[1] for pair in parts])
    if np.any(answered < 0) or np.any(answered > asked):
        raise ValueError("answered lies between nobody and all who were asked")
    n = int(asked.sum())
    if n == 0:
        return NoVerdict("no_answers", "Nobody was asked.", 0)
    results, effect = _rates(answered, asked, confidence)
    rest, _ = _rates(answered.sum(axis=0) - answered, asked.sum(axis=0) - asked, confidence)
    rates = dict(zip(segments, results, strict=True))
    against = compare((name, rate, other) for (name, rate), other in zip(rates.items(), rest, strict=True))
    overall = _rates(answered.sum(axis=0, keepdims=True), asked.sum(axis=0, keepdims=True), confidence)[0][0]
    hits, tries = answered.sum(axis=1), asked.sum(axis=1)
    evenness, bias = _representativity(hits, tries, effect, confidence)
    silent = tuple(
        name for name, a, b in zip(segments, hits, tries, strict=True) if a < FEWEST_ANSWERS and b / n > UNHEARD
    )
    uneven = isinstance(evenness, Estimate) and evenness.high < REPRESENTATIVE
    return ResponseRates(rates, against, overall, evenness, bias, silent, uneven, n)


def _rates(answered: Array, asked: Array, confidence: float) -> tuple[list[Result], Array]:
    """Response rates (segments) from counts by bucket, and the design effects of asking customers again."""
    repeated, effect = np.zeros(len(asked), dtype=bool), np.ones(len(asked))
    if asked.shape[1] == 1:  # numbers alone do not show who was asked again
        low, high = proportion_bounds(answered[:, 0], asked[:, 0], confidence=confidence)
    else:
        low, high, found = clustered_proportion_bounds(answered, asked, confidence=confidence)
        repeated, effect = found.repeated, found.design_effect
    results: list[Result] = []
    for place, n in enumerate(asked.sum(axis=1).tolist()):
        if n == 0:
            results.append(NoVerdict("no_answers", "Nobody was asked."))
            continue
        rate = float(answered[place].sum() / n)
        name = "Wilson score interval" + (", customers asked again" if repeated[place] else "")
        ends = min(float(low[place]), rate), max(float(high[place]), rate)
        results.append(Estimate(rate, *ends, round(n), name, (INDEPENDENT,), confidence))
    return results, effect


def _representativity(answered: Array, asked: Array, effect: Array, confidence: float) -> tuple[Result, Result]:
    n = int(asked.sum())
    known = asked / effect
    if len(asked) < 2 or answered.sum() == 0 or np.any(known < 2):
        reason = NoVerdict("few_segments", "Two segments with at least two customers each must have been asked.", n)
        return reason, reason
    share = asked / asked.sum()

    def spread(rate: Array) -> tuple[Array, Array]:
        mean = (rate * share).sum(axis=-1, keepdims=True)
        chance = (share * rate * (1 - rate) / (known - 1)).sum(axis=-1)
        variance = (share * (rate - mean) ** 2).sum(axis=-1) - chance
        return np.sqrt(np.maximum(variance, 0)), mean[..., 0]

    found, mean = spread(answered / asked)
    tries = np.maximum(np.floor(known), 1).astype(int)
    smoothed = (answered / effect + 0.5) / (known + 1)
    drawn = np.random.default_rng(SEED).binomial(tries, smoothed, size=(DRAWS, len(asked))) / tries
    many, means = spread(drawn)
    tail = (1 - confidence) / 2
    assumptions = ("customers of a segment answer with one chance each",)

    def answer(value: float, values: Array, name: str) -> Estimate:
        low, high = np.quantile(values, [tail, 1 - tail])
        return Estimate(value, min(float(low), value), max(float(high), value), n, name, assumptions, confidence)

    evenness = answer(1 - 2 * float(found), 1 - 2 * many, "R-indicator, chance taken off")
    bias = answer(float(found / mean), many / np.maximum(means, 1e-12), "largest standardised bias of a mean")
    return evenness, bias
