"""How far one figure lies from another, in words."""

from django.utils.translation import gettext as _

from headwater.base.figures import MINUS, measure
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate


def change_words(definition: MetricDefinition, value: float) -> str:
    """A difference with its sign: of shares and the NPS in points, to one decimal."""
    return _("%s points") % _signed(definition, value) if _in_points(definition) else _signed(definition, value)


def difference_words(definition: MetricDefinition, gap: Estimate) -> str:
    """A difference with its interval."""
    low, high = (_signed(definition, end) for end in (gap.low, gap.high))
    return _("%(gap)s (%(low)s to %(high)s)") % {
        "gap": change_words(definition, gap.estimate),
        "low": low,
        "high": high,
    }


def _in_points(definition: MetricDefinition) -> bool:
    return unit_of(definition) in ("share", "nps")


def _signed(definition: MetricDefinition, value: float) -> str:
    scaled = value * (100 if unit_of(definition) == "share" else 1)
    unit = {"count": "count"}.get(unit_of(definition), "" if _in_points(definition) else "rating")
    text = measure(abs(round(scaled, 1)) if unit == "" else abs(scaled), unit)
    if all(digit in "0.,\N{NARROW NO-BREAK SPACE}" for digit in text):
        return text
    return f"{MINUS if value < 0 else '+'}{text}"
