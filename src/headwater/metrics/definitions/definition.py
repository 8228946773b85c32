"""What a definition of a metric says, and the rules that follow from it."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from django.utils.functional import Promise
from django.utils.translation import gettext as _

Kind = Literal["nps", "share", "mean", "count", "ratio"]
Scale = tuple[float, float]
Text = str | Promise

SCALE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-|–|to|\.\.|…)\s*(-?\d+(?:\.\d+)?)\s*")


class ScaleError(ValueError):
    """A score that this metric cannot read; the message names the score or scale and what would do."""


@dataclass(frozen=True, slots=True)
class MetricDefinition:
    """One metric as data.

    ``kind`` decides what is estimated and with which interval. ``scale_low`` and ``scale_high`` are the ends of the
    scale that people answer on (``None`` for metrics without a score), scores up to ``low_max`` are its low range and
    from ``top_min`` its top range. ``lowest`` and ``highest`` are the ends of the metric itself, in ``unit``.
    ``moves`` says what makes it move, ``action`` what a leader does then. ``population`` names the kinds of signals it
    is taken from, none for all. ``converts`` are other scales whose scores are mapped linearly, end to end, onto this
    one.
    """

    name: str
    title: Text
    question: Text
    computation: Text
    moves: Text
    action: Text
    interval: Text
    unit: Text
    kind: Kind
    lowest: float
    highest: float | None
    better: Literal["higher", "lower", "neither"]
    population: tuple[str, ...] = ()
    scale_low: float | None = None
    scale_high: float | None = None
    low_max: float | None = None
    top_min: float | None = None
    converts: tuple[Scale, ...] = ()
    no_conversion: Text = ""
    minimum_base: int = 30
    decimals: int = 2

    def as_json(self) -> dict[str, Any]:
        """The definition for programs; text in the reader's language, no end of a scale as null."""
        scale = None
        if self.scored:
            scale = {"low": self.scale_low, "high": self.scale_high, "low_max": self.low_max, "top_min": self.top_min}
        return {
            "name": self.name,
            "title": str(self.title),
            "question": str(self.question),
            "computation": str(self.computation),
            "moves": str(self.moves),
            "action": str(self.action),
            "unit": str(self.unit),
            "lowest": self.lowest,
            "highest": self.highest,
            "better": self.better,
            "scale": scale,
            "population": list(self.population),
            "interval": str(self.interval),
            "confidence": 0.95,
            "minimum_base": self.minimum_base,
        }

    @property
    def scored(self) -> bool:
        """Whether people answer it with a score; the others are counted."""
        return self.scale_low is not None

    def band(self, score: float) -> int:
        """-1 in the low range, 1 in the top range, 0 between. ``ScaleError`` off the scale."""
        return int(self.band_many(np.array([score], dtype=float))[0])

    def band_many(self, scores: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """Bands of many scores at once; ``nan`` (no score) gives 0. ``ScaleError`` if any score is off the scale."""
        values = np.asarray(scores, dtype=float)
        off = values[~np.isnan(values) & ~self.on_scale(values)]
        if off.size:
            raise ScaleError(self._off_scale(float(off[0])))
        low, top = values <= (self.low_max or 0), values >= (self.top_min or 0)
        return (top.astype(np.int8) - low.astype(np.int8)).astype(np.int8)

    def on_scale(self, scores: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which scores lie on the scale of this metric; ``nan`` does not."""
        values = np.asarray(scores, dtype=float)
        low, high = self._ends()
        return np.asarray((values >= low) & (values <= high))

    def convert(self, scores: npt.ArrayLike, scale: str | None) -> npt.NDArray[np.float64]:
        """Scores given on ``scale`` ("1-10"), put on the scale of this metric; no scale means already on it.

        Linear, end to end: 1…10 onto 1…5 sends 1 to 1, 10 to 5 and 5.5 to 3. ``ScaleError`` for a scale that this
        metric is not mapped from.
        """
        values = np.asarray(scores, dtype=float)
        own = self._ends()
        given = own if scale is None or not scale.strip() else parse_scale(scale)
        if given == own:
            return values
        if given not in self.converts:
            raise ScaleError(self._no_mapping(given))
        return own[0] + (values - given[0]) * (own[1] - own[0]) / (given[1] - given[0])

    def _ends(self) -> Scale:
        if self.scale_low is None or self.scale_high is None:
            raise ScaleError(_("%(metric)s is counted, not answered with a score.") % {"metric": self.title})
        return self.scale_low, self.scale_high

    def _off_scale(self, score: float) -> str:
        message = _("%(metric)s is answered on %(scale)s; %(score)s is not on that scale.")
        return message % {"metric": self.title, "scale": _written(self._ends()), "score": f"{score:g}"}

    def _no_mapping(self, given: Scale) -> str:
        message = _("%(metric)s is answered on %(scales)s; a scale of %(given)s cannot be read as it. %(reason)s")
        scales = ", ".join(_written(scale) for scale in (self._ends(), *self.converts))
        values = {"metric": self.title, "scales": scales, "given": _written(given), "reason": self.no_conversion}
        return (message % values).strip()


def parse_scale(text: str) -> Scale:
    """Read "1-10", "0 to 100" or "-3..3" as its two ends. ``ScaleError`` for anything else."""
    match = SCALE.fullmatch(text)
    if not match or float(match[1]) >= float(match[2]):
        message = _("“%(text)s” is not a scale; write its two ends, lowest first, such as 1-5 or 0-10.")
        raise ScaleError(message % {"text": text[:40]})
    return float(match[1]), float(match[2])


def _written(scale: Scale) -> str:
    return f"{scale[0]:g}-{scale[1]:g}"
