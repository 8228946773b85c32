"""A survey with known answers in the record, by the way every response arrives there."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from headwater.listening import direct, inbox
from headwater.listening.models import Survey, SurveyVersion
from headwater.listening.pipeline import Run
from headwater.listening.surveys import queries, services
from headwater.listening.surveys.anonymous import marked
from headwater.listening.surveys.answers_to_signals import Given, signals_of
from headwater.listening.surveys.exchange import read

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONTENT: dict[str, Any] = {
    "schema": 1,
    "languages": ["en", "ar"],
    "title": {"en": "Your last order", "ar": "طلبك الأخير"},
    "privacy": {"en": "We use it to do better."},
    "pages": [
        {"id": "first", "questions": [
            {"id": "recommend", "kind": "nps", "text": {"en": "Would you recommend us?", "ar": "هل توصي بنا؟"},
             "required": True, "low": {"en": "Not at all"}, "high": {"en": "Very much"}},
            {"id": "way", "kind": "single", "text": {"en": "How did you order?"},
             "options": [{"id": "app", "text": {"en": "In the app"}}, {"id": "shop", "text": {"en": "In the shop"}}]},
        ]},
        {"id": "second", "questions": [
            {"id": "parts", "kind": "matrix", "text": {"en": "How good was each part?"},
             "rows": [{"id": "speed", "text": {"en": "Speed"}}, {"id": "help", "text": {"en": "Help"}}]},
            {"id": "seen", "kind": "multiple", "text": {"en": "Where did you see us?"},
             "options": [{"id": "tv", "text": {"en": "Television"}}, {"id": "web", "text": {"en": "On the web"}}]},
            {"id": "why", "kind": "open", "text": {"en": "Why?"}},
        ]},
    ],
}  # fmt: skip


def make_survey(name: str = "orders", **changes: Any) -> Survey:
    """A published survey of five questions on two pages, in English and Arabic."""
    survey = services.create_from(None, read({**CONTENT, **changes}), "Your last order", name=name)
    row = services.publish(None, survey)
    SurveyVersion.objects.filter(pk=row.pk).update(published_at=START - timedelta(days=1))
    return survey


def answer(
    survey: Survey, answers: Iterable[Mapping[str, Any]], *, wave: int = 1, version: int = 1, **more: Any
) -> None:
    """Put these responses into the record; ``at`` and ``attributes`` may be given for all of them."""
    _row, document = queries.version_of(survey, version)
    at = more.pop("at", START)
    rows = []
    for number, one in enumerate(answers):
        own = dict(one)
        customer = own.pop("customer", f"{wave}-{number}")
        given = Given(
            survey=survey.name,
            version=version,
            response_id=f"{survey.name}-{version}-{wave}-{number}-{at:%Y%m%d}",
            channel=own.pop("channel", "email"),
            language=own.pop("language", "en"),
            occurred_at=at + timedelta(minutes=number),
            customer_id=None if document.anonymous else customer,
            wave=wave,
            attributes=own.pop("attributes", None),
        )
        rows += signals_of(document, own, given)
    signals, refused = direct.through_pipeline(list(enumerate(rows)), survey.source, START, "UTC", Run())
    assert not refused
    assert signals is not None
    kept = signals.drop_columns(["row"])
    inbox.put(marked(kept) if document.anonymous else kept)
    inbox.flush()
