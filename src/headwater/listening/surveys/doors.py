"""What hundreds of visitors a second ask alike: the link they came by, and which version of a survey is out.

Read once a second at most. Whoever changes it in this process is seen at once (`forget`), whoever changes it in another
within that second; a visitor who opened the page a second earlier would have answered just the same.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

from django.db.models.signals import post_save

from headwater.base.company import company
from headwater.base.models import Company
from headwater.listening.models import Survey, SurveyLink, SurveyVersion
from headwater.listening.surveys import queries

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from headwater.listening.surveys.document import Document

KEPT_SECONDS: Final = 1.0
MOST_KEPT: Final = 1_000
Value = TypeVar("Value")

_kept: dict[Hashable, tuple[float, Any]] = {}


def link_of(token: str) -> SurveyLink | None:
    """The link of this token with its survey; None where there is none."""
    chosen = SurveyLink.objects.order_by().select_related("survey")
    return _lately(("link", token), lambda: next(iter(chosen.filter(token=token)), None))


def published(survey: Survey) -> tuple[SurveyVersion, Document]:
    """The version that is answered now. Refuses (404) a survey that was never published."""
    return _lately(("survey", survey.pk, survey.created_at), lambda: queries.published(survey))


def zone() -> ZoneInfo:
    """The company's time zone."""
    return _lately(("zone",), _zone)


def forget(**_signal: object) -> None:
    """Read everything anew: something was changed."""
    _kept.clear()


def _zone() -> ZoneInfo:
    ours = company()
    return ZoneInfo(ours.time_zone if ours else "UTC")


def _lately(key: Hashable, read: Callable[[], Value]) -> Value:
    kept, now = _kept.get(key), monotonic()
    if kept is not None and now < kept[0]:
        value: Value = kept[1]
        return value
    value = read()
    if value is not None:  # a stranger's guesses are not kept
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (now + KEPT_SECONDS, value)
    return value


for _model in (Survey, SurveyLink, SurveyVersion, Company):
    post_save.connect(forget, sender=_model, dispatch_uid=f"surveys.doors.{_model.__name__}")
