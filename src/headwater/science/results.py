"""What every statistic answers: an estimate with its interval, or the reason why there is none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its doubt.

    ``estimate``, ``low`` and ``high`` are in one unit, named by the function that made them; ``n`` is the base size:
    how many observations the figure rests on. ``assumptions`` are sentences that must hold for ``confidence`` to be
    the share of such intervals that contain the truth.
    """

    estimate: float
    low: float
    high: float
    n: int
    method: str
    assumptions: tuple[str, ...] = ()
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class NoVerdict:
    """The data cannot carry an answer: ``code`` for programs, ``message`` for people, ``n`` the base size seen."""

    code: str
    message: str
    n: int = 0


Result = Estimate | NoVerdict
