"""What the map of the journey says, as a department manager would say it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.journey_map import JourneyMap, MapStage
from headwater.insight.wording import lower_first
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate


def map_sentence(found: JourneyMap) -> str:
    """The page's first sentence: where the journey hurts most, and by what."""
    if not found.stages:
        return _("The journey has no stages yet.")
    lowest = found.lowest
    if lowest is None:
        message = ngettext(
            "Customers live through %(n)s stage with us; nobody has scored it yet.",
            "Customers live through %(n)s stages with us; nobody has scored one yet.",
            len(found.stages),
        )
        return message % {"n": measure(len(found.stages), "count")}
    values = {"stage": lowest.stage.name, "figure": measure(_estimate(lowest), unit_of(found.metric))}
    values["metric"] = str(found.metric.title)
    if not lowest.card.causes:
        return _("The journey hurts most at “%(stage)s”: %(metric)s is %(figure)s there.") % values
    values["cause"] = lower_first(lowest.card.causes[0].figures.cause.name)
    return (
        _(
            "The journey hurts most at “%(stage)s”: %(metric)s is %(figure)s there, "
            "and complaints name “%(cause)s” most."
        )
        % values
    )


def map_note(found: JourneyMap) -> str:
    """The interval behind the sentence, and how far departments agree on the map."""
    parts = []
    if found.lowest is not None and isinstance(found.lowest.result, Estimate):
        result = found.lowest.result
        between = interval(result.low, result.high, unit_of(found.metric))
        parts.append(_("95 %% interval %(range)s, %(n)s answers") % {"range": between, "n": measure(result.n, "count")})
    if found.stages:
        message = ngettext(
            "%(settled)s of %(n)s stage is agreed by every department",
            "%(settled)s of %(n)s stages are agreed by every department",
            len(found.stages),
        )
        parts.append(message % {"settled": found.settled, "n": len(found.stages)})
    return " · ".join(parts)


def _estimate(stage: MapStage) -> float:
    return stage.result.estimate if isinstance(stage.result, Estimate) else 0.0
