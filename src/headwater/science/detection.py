"""Noticing that something rises, day by day, with few false alarms however long one watches.

A daily test at 5 % cries wolf within weeks. Here evidence is kept as a wager against "nothing has risen": each day it
is multiplied by how much better a rise explains the day's count, and whoever wagers from every day on at once (an
e-detector of the Shiryaev-Roberts kind: Shin, Ramdas and Rinaldo, New England Journal of Statistics in Data Science 2
(2024) 229-260) reaches N by chance once in N days or more on average. Counts vary more than chance from day to
day; the likelihood is the negative binomial with the dispersion seen before, and the season within a period (the
weekdays) is taken from before as well.
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
FEWEST_A_DAY = 0.2
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
    """Alarms in order of time; ``scores`` (days) of each series on the scale on which the alarm is at ``threshold``."""

    alarms: tuple[Alarm, ...]
    scores: Mapping[str, Array]
    unwatched: Mapping[str, NoVerdict]
    threshold: float


def watch(
    series: Mapping[str, npt.ArrayLike],
    *,
    period: int = 7,
    exposure: npt.ArrayLike | None = None,
    average_run_length: float = AVERAGE_RUN_LENGTH,
    confidence: float = 0.95,
) -> Watch:
    """Rises in named series of daily counts, each (days), all of the same days.

    ``exposure`` (days), such as customers or orders, turns counts into rates, so that growth is not an alarm. False
    alarms of all series together come once in ``average_run_length`` days on average. The first 15 periods are history.
    What rose is one alarm for as long as it lasts, and is compared with what was before it.
    """
    counts = {name: np.asarray(values, dtype=float) for name, values in series.items()}
    lengths = {one.shape for one in counts.values()}
    if len(lengths) > 1 or any(one.ndim != 1 for one in counts.values()):
        raise ValueError(f"all series have the same days, not {sorted(lengths)}")
    days = next(iter(lengths))[0] if lengths else 0
    base = np.ones(days) if exposure is None else np.asarray(exposure, dtype=float)
    for one in (*counts.values(), base):
        if not np.all(np.isfinite(one)) or np.any(one < 0):
            raise ValueError("counts and exposures must be finite and not negative")
    if period < 1 or average_run_length <= 1 or np.any(base <= 0) or base.shape != (days,):
        raise ValueError("period, run length and exposure must be positive, one exposure a day")
    first = (HISTORY_PERIODS + PAUSE_PERIODS) * period
    unwatched = {name: reason for name, one in counts.items() if (reason := _unfit(one, first)) is not None}
    names = [name for name in counts if name not in unwatched]
    alarms: list[Alarm] = []
    scores: dict[str, Array] = {}
    for name in names:
        found, scores[name] = _watch_one(name, counts[name], base, period, len(names), average_run_length, confidence)
        alarms += found
    return Watch(tuple(sorted(alarms, key=lambda one: one.day)), scores, unwatched, average_run_length)


def _unfit(counts: Array, first: int) -> NoVerdict | None:
    if counts.size <= first:
        return NoVerdict("short_history", f"{counts.size} days are no more than the history of {first}.", counts.size)
    if counts[:first].mean() < FEWEST_A_DAY:
        return NoVerdict("few_a_day", "Too few a day to see a rise from day to day: look at weeks.", int(counts.sum()))
    return None


def _watch_one(
    name: str, counts: Array, base: Array, period: int, watched: int, run_length: float, confidence: float
) -> tuple[list[Alarm], Array]:
    history, pause = HISTORY_PERIODS * period, PAUSE_PERIODS * period
    wager = _Wager(history + pause)
    scores, expected = np.zeros(counts.size), np.zeros(counts.size)
    spread, quiet_end, alarms = 1.0, 0, list[Alarm]()
    under_way: _UnderWay | None = None

    def told(rise: _UnderWay, until: int | None) -> Alarm:
        days = slice(rise.since, counts.size if until is None else until)
        size = _rise(counts[days].sum(), expected[days].sum(), rise.spread, rise.before, confidence)
        return Alarm(name, rise.day, rise.since, until, size, rise.score)

    for day in range(history + pause, counts.size):
        # While and after something rose, the days before it stay the measure, until as many have passed.
        end = quiet_end if quiet_end and day - pause < quiet_end + history else day - pause
        expected[day], spread = _expect(counts, base, end, history, period, day)
        if under_way is not None:
            lately = slice(day + 1 - period, day + 1)
            gone = counts[lately].sum() < (1 + under_way.half) * expected[lately].sum()
            if day - under_way.day >= period and gone:
                alarms.append(told(under_way, day + 1 - period))
                under_way = None
            continue
        # Of several series the mean is watched, so that all of them together keep the run length.
        scores[day] = wager.add(day, counts[day], expected[day], spread) / watched
        if scores[day] >= run_length:
            since = wager.since
            half = (counts[since : day + 1].sum() / expected[since : day + 1].sum() - 1) / 2
            before = float(counts[end - history : end].sum())
            under_way = _UnderWay(day, since, float(scores[day]), spread, before, max(half, 0.0))
            quiet_end = min(end, since)
            wager = _Wager(day + 1)
    return [*alarms, *([told(under_way, None)] if under_way else [])], scores


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A rise that was noticed: when, since when, and half of it, below which it counts as over."""

    day: int
    since: int
    score: float
    spread: float
    before: float
    half: float


class _Wager:
    """What betting on rises of several sizes has won since a day, starting anew each day, and when the best began."""

    def __init__(self, first: int) -> None:
        self._rises = np.array(RISES)
        self._won, self._run = np.zeros(self._rises.size), np.ones(self._rises.size)
        self._since = np.full(self._rises.size, first)

    def add(self, day: int, count: float, expected: float, spread: float) -> float:
        ratio = _likelihood_ratio(count, expected, spread, self._rises)
        self._since = np.where(self._run <= 1, day, self._since)
        self._run = np.maximum(self._run, 1) * ratio
        self._won = (self._won + 1) * ratio
        return float(self._won.mean())

    @property
    def since(self) -> int:
        return int(self._since[int(np.argmax(self._run))])


def _expect(counts: Array, base: Array, end: int, history: int, period: int, day: int) -> tuple[float, float]:
    """Expected count of a day, and its variance divided by it, from the ``history`` days before ``end``."""
    start = end - history
    seen, exposed = counts[start:end], base[start:end]
    slot = (np.arange(start, end) - day) % period
    rate = np.bincount(slot, weights=seen, minlength=period) / np.bincount(slot, weights=exposed, minlength=period)
    overall = seen.sum() / exposed.sum()
    # Each weekday has few days: its rate is drawn towards the overall one as far as chance alone could part them.
    chance = overall / (exposed.mean() * HISTORY_PERIODS)
    between = max(float(rate.var()) - chance, 0.0)
    keep = between / (between + chance) if chance > 0 else 0.0
    rates = overall + keep * (rate - overall)
    fitted = np.maximum(rates[slot] * exposed, 1e-9)
    dispersion = float(((seen - fitted) ** 2 / fitted).sum() / (history - 1 - keep * (period - 1)))
    # What is not known of the expected count itself adds to the spread.
    unknown = 1 + (1 + keep * (period - 1)) / history
    return float(max(rates[0] * base[day], 1e-9)), max(dispersion, 1.0) * unknown


def _likelihood_ratio(count: float, expected: float, spread: float, rises: Array) -> Array:
    """Negative binomial likelihood of the count with each rise over that without; Poisson without overdispersion."""
    if spread <= 1 + 1e-9:
        return np.asarray(np.exp(count * np.log(rises) - (rises - 1) * expected))
    size = expected / (spread - 1)
    return np.asarray(
        np.exp(count * np.log(rises) + (count + size) * (np.log(size + expected) - np.log(size + rises * expected)))
    )


def _rise(seen: float, expected: float, spread: float, before: float, confidence: float) -> Estimate:
    error = float(np.sqrt(spread / max(seen, 1.0) + spread / max(before, 1.0)))
    reach = float(np.exp(two_sided_z(confidence) * error))
    name = "observed over expected while it lasted, log-normal with overdispersion"
    assumptions = (
        *ASSUMPTIONS,
        "the day it began is as found; soon after an alarm the rise is too large on average, being noticed for it",
    )
    ratio = float(seen / expected)
    return Estimate(ratio, ratio / reach, ratio * reach, round(seen), name, assumptions, confidence)
