"""What a cause did to those whom it happened to, as a department manager would say it."""

from django.utils.translation import gettext as _

from headwater.base.figures import interval, measure
from headwater.insight.cause_story import CauseStory
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate


def scores_sentence(story: CauseStory) -> list[str]:
    """What customers scored where it had happened and elsewhere, where the two intervals part."""
    scores = story.scores
    if scores is None or not isinstance(scores.struck, Estimate) or not isinstance(scores.others, Estimate):
        return []
    if scores.struck.high >= scores.others.low:
        return []
    unit = unit_of(scores.metric)
    values = {
        "metric": scores.metric.title,
        "struck": measure(scores.struck.estimate, unit),
        "range": interval(scores.struck.low, scores.struck.high, unit),
        "others": measure(scores.others.estimate, unit),
    }
    return [_("Where it had happened, %(metric)s was %(struck)s (%(range)s); elsewhere %(others)s.") % values]
