"""What every statistic answers: an estimate with its interval, or the reason why there is none."""

from dataclasses import dataclass

from headwater.science.pictures import Picture, Span, whiskers


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

    def plot(self, label: str = "", *, reference: float | None = None) -> Picture:
        """The figure with its interval, as a Vega-Lite specification."""
        return plot({label: self}, reference=reference)


@dataclass(frozen=True, slots=True)
class NoVerdict:
    """The data cannot carry an answer: ``code`` for programs, ``message`` for people, ``n`` the base size seen."""

    code: str
    message: str
    n: int = 0

    def plot(self, label: str = "") -> Picture:
        """The reason, where the figure would have been."""
        return plot({label: self})


Result = Estimate | NoVerdict


def plot(results: "dict[str, Result]", *, reference: float | None = None, description: str = "") -> Picture:
    """Several results below each other, in the order given; those without a verdict say why."""
    spans = [
        Span(name, result.estimate, result.low, result.high, result.n)
        if isinstance(result, Estimate)
        else Span(name, n=result.n, words=result.message)
        for name, result in results.items()
    ]
    confidence = next((one.confidence for one in results.values() if isinstance(one, Estimate)), 0.95)
    said = description or f"{', '.join(name for name in results if name) or 'Estimate'}, {confidence:.0%} intervals"
    return whiskers(spans, description=said, reference=reference)
