"""What hangs on a survey score: the first thing to look at when scores seem begged for.

The rooms above say what they know of pay and bonuses; somebody then looks at it, score by score, and writes down what
they found. Before that nobody is shown a colleague's pattern but the colleague.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.insight.models import IncentiveReview
from headwater.metrics.definitions import METRICS

LASTS: Final = timedelta(days=365)
"""How long what was found about an incentive is taken to hold."""
MOST_WORDS: Final = 1_000
_offered: list[str] = []


@dataclass(frozen=True, slots=True)
class Incentive:
    """What a room above knows of an incentive. ``hangs``: something of somebody depends on the score, nothing does, or
    (None) nobody has said. ``metrics``: on which; none: on any survey score."""

    title: str
    words: str
    href: str
    hangs: bool | None
    metrics: tuple[str, ...] = ()

    def concerns(self, metric: str) -> bool:
        """Whether it speaks of this metric."""
        return not self.metrics or metric in self.metrics


def on_incentive(dotted: str) -> None:
    """Let a room above say what hangs on survey scores: ``function() -> Iterable[Incentive]``.

    By dotted name, in ``apps.ready``, so that nothing is imported early.
    """
    if dotted not in _offered:
        _offered.append(dotted)


def incentives_of(metric: str) -> tuple[Incentive, ...]:
    """Everything that is known of incentives on this metric, also that nobody has said."""
    found = tuple(one for dotted in _offered for one in import_string(dotted)() if one.concerns(metric))
    review = review_of(metric)
    if review is None:
        return found
    hangs = review.finding != IncentiveReview.Finding.NOTHING
    href = f"{reverse('integrity')}?metric={metric}"
    return (*found, Incentive(str(review.get_finding_display()), review.words, href, hangs, (metric,)))


def warnings_for(metric: str) -> tuple[Incentive, ...]:
    """The incentives that hang on a metric: the standing warning of its page. Empty for what nobody is asked for."""
    definition = METRICS.get(metric)
    if definition is None or not definition.scored:
        return ()
    return tuple(one for one in incentives_of(metric) if one.hangs)


def review_of(metric: str) -> IncentiveReview | None:
    """What was last found to hang on a metric, where that is not older than a year."""
    newest = IncentiveReview.objects.filter(metric=metric).select_related("by").first()
    return newest if newest is not None and newest.at >= timezone.now() - LASTS else None


def reviews_of(metric: str) -> list[IncentiveReview]:
    """Everything that was ever found, the newest first."""
    return list(IncentiveReview.objects.filter(metric=metric).select_related("by"))


def review_incentive(person: Person | None, metric: str, finding: str, words: str) -> IncentiveReview:
    """Write down what hangs on a metric. The same words sent twice on one day are one review."""
    require(person, "edit", "integrity")
    words = " ".join(words.split())
    if metric not in METRICS or not METRICS[metric].scored:
        raise Refused("metric_unknown", _("“%s” is no survey score.") % metric[:40], "metric")
    if finding not in IncentiveReview.Finding.values:
        raise Refused(
            "finding_unknown", _("“%s” is no finding; choose one of those offered.") % finding[:40], "finding"
        )
    if not words or len(words) > MOST_WORDS or "\x00" in words:
        message = _("Say in 1 to %d characters what you looked at and what hangs on the score.")
        raise Refused("words_missing", message % MOST_WORDS, "words")
    known = [one for one in incentives_of(metric) if one.hangs and one.metrics != (metric,)]
    if finding == IncentiveReview.Finding.NOTHING and known:
        message = _("“%s” says that something hangs on this score. Change that first, or say what is done about it.")
        raise Refused("something_hangs", message % known[0].title, "finding")
    with transaction.atomic():
        newest = IncentiveReview.objects.select_for_update().filter(metric=metric).first()
        fresh = newest is not None and newest.at.date() == timezone.now().date()
        if newest is not None and fresh and (newest.finding, newest.words) == (finding, words):
            return newest
        made = IncentiveReview.objects.create(metric=metric, finding=finding, words=words, by=person)
        data = {"name": str(METRICS[metric].title), "finding": str(made.get_finding_display())}
        record_history(person, "incentive.reviewed", f"metric:{metric}", data)
    return made
