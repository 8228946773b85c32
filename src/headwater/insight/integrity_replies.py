"""The right of reply: what a colleague says of their own figures, kept and shown beside them."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Refused
from headwater.insight.integrity import Pattern, own_patterns
from headwater.insight.models import AgentOfPerson, IncentiveReview, PatternReply
from headwater.science.results import Estimate, Result

MOST_WORDS: Final = 2_000
MOST_REPLIES: Final = 50


def replies_to(pattern: Pattern) -> list[PatternReply]:
    """What a colleague ever said of their figures on this metric, the newest first."""
    return list(PatternReply.objects.filter(person=pattern.person, metric=pattern.metric, agent=pattern.agent))


def reply(person: Person, metric: str, agent: str, words: str) -> PatternReply:
    """Keep a colleague's words, with the figures as they are. The same words sent twice are one reply."""
    require(person, "view", "integrity", words_of="own")
    words = words.strip()
    pattern = next((one for one in own_patterns(person, metric) if one.agent == agent), None)
    if pattern is None:
        raise Refused("not_own", _("There are no figures of yours of that name to reply to."), "words")
    if not words or len(words) > MOST_WORDS or "\x00" in words:
        raise Refused("words_missing", _("Write your reply in 1 to %d characters.") % MOST_WORDS, "words")
    with transaction.atomic():
        Person.objects.select_for_update().get(pk=person.pk)
        kept = PatternReply.objects.filter(person=person, metric=metric, agent=agent)
        newest = kept.first()
        if newest is not None and newest.words == words:
            return newest
        if kept.count() >= MOST_REPLIES:
            raise Refused("too_many_replies", _("There are %d replies already.") % MOST_REPLIES, "words")
        made = PatternReply.objects.create(
            person=person, metric=metric, agent=agent, words=words, figures=_figures(pattern)
        )
        # Without a name: that somebody replied would tell everybody who reads the history whose figures these are.
        record_history(None, "integrity.replied", f"metric:{metric}", {})
    return made


def clear() -> None:
    """Remove what was matched, found and replied in the sample company."""
    PatternReply.objects.all().delete()
    IncentiveReview.objects.all().delete()
    AgentOfPerson.objects.all().delete()


def _figures(pattern: Pattern) -> dict[str, Any]:
    figures = pattern.figures
    return {
        "response_rate": _written(figures.response_rate),
        "top_share": _written(figures.top_share),
        "stands_out": figures.stands_out,
        "until": pattern.weeks[-1].isoformat(),
    }


def _written(result: Result) -> list[float] | None:
    return [result.estimate, result.low, result.high] if isinstance(result, Estimate) else None
