"""Noticing that something rises, day by day, with few false alarms however long one watches.

A daily test at 5 % cries wolf within weeks. Here evidence is kept as a wager against "nothing has risen": whoever
wagers from every day on at once (an e-detector of the Shiryaev-Roberts kind: Shin, Ramdas and Rinaldo, New England
Journal of Statistics in Data Science 2 (2024) 229-260) reaches N by chance once in N days or more on average. The level
before is no more known than the days since: a wager weighs the two against each other, so that a level guessed too low
is no rise. Of many series those alarm whose evidence stands out from all of them together (e-detectors under the
procedure of Benjamini and Hochberg: Dandapanthula and Ramdas, arXiv 2501.04130).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from headwater.science.bounds import Array, two_sided_z
from headwater.science.results import Estimate, NoVerdict

AVERAGE_RUN_LENGTH = 1000.0
RISES = (1.1, 1.2, 1.35, 1.6, 2.0, 3.0)
HISTORY_PERIODS = 13
PAUSE_PERIODS = 2
FEWEST_A_DAY = 0.02
"""Two in the history at least: the wager is as honest with rare counts (docs/develop/statistics.md), only slower."""
CAUTION = 1.15
"""What a dispersion estimated from 13 weeks is multiplied by: its upper bound of 80 %, 84 / χ²(84; .2). As estimated,
one in two is too small, and quiet years alarm up to twice as often."""
LARGEST_EXPONENT = 600.0
ASSUMPTIONS = (
    "without a rise, days go on as in the periods before: same level, same season, same spread",
    "days are independent given the season",
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """``name`` rose: noticed on ``day``, under way ``since`` about (places in the series), by ``rise`` (a ratio).

    ``until`` is the first day on which it was half over, or after 13 periods the new normal; ``None``: under way.
    ``score`` is how many days such evidence takes to come about by chance, for all series watched together.
    """

    name: str
    day: int
    since: int
    until: int | None
    rise: Estimate
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Watch:
    """Alarms in order of time; ``scores`` (days) of each series on the scale where one alone alarms at ``threshold``.

    ``expected`` (days) is what each series was expected to count on a day, 0 in the history.
    """

    alarms: tuple[Alarm, ...]
    scores: Mapping[str, Array]
    unwatched: Mapping[str, NoVerdict]
    threshold: float
    expected: Mapping[str, Array]


def watch(
    series: Mapping[str, npt.ArrayLike],
    *,
    period: int = 7,
    exposure: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    average_run_length: float = AVERAGE_RUN_LENGTH,
    confidence: float = 0.95,
) -> Watch:
    """Rises in named series of daily counts, each (days), all of the same days.

    ``exposure`` (days), such as customers or orders, turns counts into rates, so that growth is not an alarm; it may be
    one for all, or one for each name. False alarms of all series together come once in ``average_run_length`` days on
    average. The first 15 periods are history. What rose is one alarm for as long as it lasts, and is compared with what
    was before it.
    """
    counts = {name: np.asarray(values, dtype=float) for name, values in series.items()}
    lengths = {one.shape for one in counts.values()}
    if len(lengths) > 1 or any(one.ndim != 1 for one in counts.values()):
        raise ValueError(f"all series have the same days, not {sorted(lengths)}")
    days = next(iter(lengths))[0] if lengths else 0
    bases = _bases(counts, exposure, days)
    for one in (*counts.values(), *bases.values()):
        if not np.all(np.isfinite(one)) or np.any(one < 0):
            raise ValueError("counts and exposures must be finite and not negative")
    if period < 1 or average_run_length <= 1 or any(np.any(one <= 0) or one.shape != (days,) for one in bases.values()):
        raise ValueError("period, run length and exposure must be positive, one exposure a day")
    first = (HISTORY_PERIODS + PAUSE_PERIODS) * period
    unwatched = {name: reason for name, one in counts.items() if (reason := _unfit(one, first)) is not None}
    names = [name for name in counts if name not in unwatched]
    if not names:
        return Watch((), {}, unwatched, average_run_length, {})
    table, base = np.stack([counts[name] for name in names]), np.stack([bases[name] for name in names])
    watchers = _Watchers(table, base, period, average_run_length, confidence)
    alarms = [_named(names, found) for found in watchers.run()]
    return Watch(
        tuple(sorted(alarms, key=lambda one: (one.day, one.name))),
        dict(zip(names, watchers.scores, strict=True)),
        unwatched,
        average_run_length,
        dict(zip(names, watchers.expected, strict=True)),
    )


def _bases(
    counts: Mapping[str, Array], exposure: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None, days: int
) -> dict[str, Array]:
    if isinstance(exposure, Mapping):
        return {name: np.asarray(exposure[name], dtype=float) for name in counts}
    same = np.ones(days) if exposure is None else np.asarray(exposure, dtype=float)
    return dict.fromkeys(counts, same) if counts else {"": same}


def _unfit(counts: Array, first: int) -> NoVerdict | None:
    if counts.size <= first:
        return NoVerdict("short_history", f"{counts.size} days are no more than the history of {first}.", counts.size)
    if counts[:first].mean() < FEWEST_A_DAY:
        return NoVerdict(
            "few_a_day", "Too few in the history to compare a rise with: look at months.", int(counts.sum())
        )
    return None


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A rise that was noticed: when, since when, and half of it, below which it counts as over."""

    day: int
    since: int
    score: float
    spread: float
    before: float
    half: float


_Found = tuple[int, _UnderWay, int | None, Estimate]


def _named(names: list[str], found: _Found) -> Alarm:
    place, rise, until, size = found
    return Alarm(names[place], rise.day, rise.since, until, size, rise.score)


class _Watchers:
    """All series, day after day: expected, wagered on, alarmed about."""

    def __init__(self, counts: Array, base: Array, period: int, run_length: float, confidence: float) -> None:
        self.counts, self.base = counts, base
        self.period, self.run_length, self.confidence = period, run_length, confidence
        self.history, self.pause = HISTORY_PERIODS * period, PAUSE_PERIODS * period
        series, days = counts.shape
        self.scores, self.expected = np.zeros((series, days)), np.zeros((series, days))
        self._wagers = _Wagers(series, self.history)
        self._quiet_end = np.zeros(series, dtype=int)
        self._under_way: dict[int, _UnderWay] = {}
        self._found: list[_Found] = []

    def run(self) -> list[_Found]:
        series, days = self.counts.shape
        for day in range(self.history + self.pause, days):
            # While and after something rose, the days before it stay the measure, until as many have passed.
            held = (self._quiet_end > 0) & (day - self.pause < self._quiet_end + self.history)
            end = np.where(held, self._quiet_end, day - self.pause)
            self.expected[:, day], spread, before = _expect(self.counts, self.base, end, self.history, self.period, day)
            for place in list(self._under_way):
                self._follow(place, day)
            evidence = self._wagers.add(day, self.counts[:, day], self.expected[:, day], before, spread)
            evidence[list(self._under_way)] = 0
            self.scores[:, day] = evidence / series
            for place, score in _stand_out(evidence, self.run_length):
                self._alarm(place, day, score, int(end[place]), float(spread[place]), float(before[place]))
        for place, rise in self._under_way.items():
            self._tell(place, rise, None)
        return self._found

    def _alarm(self, place: int, day: int, score: float, end: int, spread: float, before: float) -> None:
        since = self._wagers.since(place, day)
        days = slice(since, day + 1)
        half = (self.counts[place, days].sum() / self.expected[place, days].sum() - 1) / 2
        self._under_way[place] = _UnderWay(day, since, score, spread, before, max(half, 0.0))
        self._quiet_end[place] = min(end, since)

    def _follow(self, place: int, day: int) -> None:
        """See whether a rise is over; while it lasts nobody wagers."""
        rise = self._under_way[place]
        lately = slice(day + 1 - self.period, day + 1)
        gone = self.counts[place, lately].sum() < (1 + rise.half) * self.expected[place, lately].sum()
        self._wagers.begin(place)
        if day - rise.day >= self.period and gone:
            self._tell(place, rise, day + 1 - self.period)
            del self._under_way[place]

    def _tell(self, place: int, rise: _UnderWay, until: int | None) -> None:
        days = slice(rise.since, self.counts.shape[1] if until is None else until)
        seen, expected = float(self.counts[place, days].sum()), float(self.expected[place, days].sum())
        size = _rise(seen, expected, rise.spread, rise.before, self.confidence)
        self._found.append((place, rise, until, size))


class _Wagers:
    """What betting on rises of several sizes has won, for each day one may have begun on.

    With a count A in the history, S since a day where E was expected, the wager on a rise by r has won

        r^S ((A + E) / (A + r E))^(A + S)

    to the power of 1 / dispersion: the likelihood of both counts with the rise over that without, the unknown level
    integrated out (prior 1 / level). For Poisson counts its mean without a rise is 1 whatever the level is.
    """

    def __init__(self, series: int, window: int) -> None:
        self._rises = np.array(RISES)
        self._seen, self._expected = np.zeros((series, window)), np.zeros((series, window))
        self._begun = np.zeros((series, window), dtype=bool)
        self._exponents = np.zeros((series, window, self._rises.size))

    def begin(self, place: int) -> None:
        """Forget what was wagered on one series."""
        self._begun[place] = False

    def add(self, day: int, count: Array, expected: Array, before: Array, spread: Array) -> Array:
        """What was won up to this day, for each series, the mean over the sizes of the rise."""
        slot = day % self._seen.shape[1]
        self._seen[:, slot], self._expected[:, slot], self._begun[:, slot] = 0, 0, True
        self._seen += count[:, None]
        self._expected += expected[:, None]
        known, seen, due = before[:, None, None], self._seen[:, :, None], self._expected[:, :, None]
        won = seen * np.log(self._rises) + (known + seen) * np.log((known + due) / (known + self._rises * due))
        self._exponents = np.minimum(won / spread[:, None, None], LARGEST_EXPONENT)
        wins = np.where(self._begun[:, :, None], np.exp(self._exponents), 0.0)
        return np.asarray(wins.sum(axis=1).mean(axis=1))

    def since(self, place: int, day: int) -> int:
        """The day from which a wager would have won most."""
        best = np.where(self._begun[place], self._exponents[place].max(axis=1), -np.inf)
        return day - (day - int(np.argmax(best))) % best.size


def _stand_out(evidence: Array, run_length: float) -> list[tuple[int, float]]:
    """The series that alarm, with what their evidence is worth beside all others': the k largest that each reach
    ``run_length`` × series / k, for the largest k there is."""
    order = np.argsort(-evidence, kind="stable")
    worth = evidence[order] * np.arange(1, evidence.size + 1) / evidence.size
    reached = np.flatnonzero(worth >= run_length)
    if not reached.size:
        return []
    k = int(reached[-1]) + 1
    return [(int(place), float(evidence[place] * k / evidence.size)) for place in order[:k]]


def _expect(
    counts: Array, base: Array, end: npt.NDArray[np.int_], history: int, period: int, day: int
) -> tuple[Array, Array, Array]:
    """Expected counts of a day, their variance divided by them, and what was counted in the ``history`` days before
    ``end``, series by series."""
    start = end - history
    places = start[:, None] + np.arange(history)
    seen, exposed = np.take_along_axis(counts, places, axis=1), np.take_along_axis(base, places, axis=1)
    weeks = (len(counts), HISTORY_PERIODS, period)
    rate = seen.reshape(weeks).sum(axis=1) / exposed.reshape(weeks).sum(axis=1)
    before = seen.sum(axis=1)
    overall = before / exposed.sum(axis=1)
    # Each weekday has few days: its rate is drawn towards the overall one as far as chance alone could part them.
    chance = overall / (exposed.mean(axis=1) * HISTORY_PERIODS)
    between = np.maximum(rate.var(axis=1) - chance, 0.0)
    both = between + chance
    keep = np.divide(between, both, out=np.zeros_like(both), where=both > 0)
    rates = overall[:, None] + keep[:, None] * (rate - overall[:, None])
    fitted = np.maximum(np.tile(rates, HISTORY_PERIODS) * exposed, 1e-9)
    free = history - 1 - keep * (period - 1)
    dispersion = ((seen - fitted) ** 2 / fitted).sum(axis=1) / free
    today = np.take_along_axis(rates, ((day - start) % period)[:, None], axis=1)[:, 0] * base[:, day]
    return np.maximum(today, 1e-9), np.maximum(CAUTION * dispersion, 1.0), np.maximum(before, 0.5)


def _rise(seen: float, expected: float, spread: float, before: float, confidence: float) -> Estimate:
    error = float(np.sqrt(spread / max(seen, 1.0) + spread / max(before, 1.0)))
    reach = float(np.exp(two_sided_z(confidence) * error))
    name = "observed over expected while it lasted, log-normal with overdispersion"
    assumptions = (
        *ASSUMPTIONS,
        "the day it began is as found; soon after an alarm the rise is too large on average, being noticed for it",
    )
    ratio = seen / max(expected, 1e-9)
    return Estimate(ratio, ratio / reach, ratio * reach, round(seen), name, assumptions, confidence)
