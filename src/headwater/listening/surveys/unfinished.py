"""Responses that visitors left unfinished: after a quiet time their answers count, marked as not complete."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from headwater.listening.models import SurveyResponse
from headwater.listening.surveys import branching, due, flood
from headwater.listening.surveys.answer_commits import write
from headwater.listening.surveys.keeping import Keeping, Now, noon_of, now
from headwater.listening.surveys.queries import document_of
from headwater.listening.surveys.visits import State, Visit, Visitor

QUIET: Final = timedelta(days=7)
"""How long a response stays open after its last page was kept."""
DETACHED_KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 500


def settle(at: datetime | None = None) -> int:
    """End the responses that nobody went on with; returns how many. Repeatable: what is ended is ended once.

    An anonymous answer by invitation is let go of instead: nobody could tell whether the same person begins again.
    """
    moment = at or timezone.now()
    due.try_again()
    ended = 0
    for response in _quiet(moment).select_related("survey", "version", "link", "invitation__mailing")[:AT_ONCE]:
        ended += _end(response)
    flood.forget_old(moment)
    before = now(moment - DETACHED_KEPT).day
    SurveyResponse.objects.filter(state=State.DETACHED, day__lt=before).delete()
    return ended


def _quiet(moment: datetime) -> QuerySet[SurveyResponse]:
    since = moment - QUIET
    # An anonymous one bears its day alone.
    is_old = Q(saved_at__lt=since) | Q(saved_at__isnull=True, day__lt=now(since).day)
    return SurveyResponse.objects.filter(is_old, state=State.OPEN)


def _end(response: SurveyResponse) -> int:
    document = document_of(response.version)
    found = Visit(
        token="",
        survey=response.survey,
        version=response.version,
        document=document,
        language=response.language or document.languages[0],
        visitor=Visitor(),
        invitation=response.invitation,
        link=response.link,
        response=response,
    )
    nobodys = document.anonymous and response.link_id is None
    if nobodys or not branching.counted(document, found.answers):
        SurveyResponse.objects.filter(pk=response.pk, edition=response.edition, state=State.OPEN).delete()
        return 0
    keeping = Keeping(found, found.answers, _when(response), ends=State.PARTIAL)
    write(keeping.apply)
    return int(keeping.is_kept)


def _when(response: SurveyResponse) -> Now:
    """When the answer was given: the moment of the last page, of an anonymous one its day."""
    return now(response.saved_at) if response.saved_at else noon_of(response.day)
