"""Surveys that are published and people who answer them, for the tests of answering."""

from typing import Any

from django.test import Client
from django.utils import timezone

from headwater.base.versions import publish, start_draft
from headwater.listening.models import Invitation, Survey, SurveyLink, SurveyVersion
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.links import create_link
from headwater.listening.surveys.tokens import hashed, new_token

ASKED: dict[str, Any] = {
    "title": {"en": "How was it?"},
    "pages": [
        {
            "id": "first",
            "questions": [{"id": "nps", "kind": "nps", "text": {"en": "Would you recommend us?"}, "required": True}],
        }
    ],
}
TWO_PAGES: dict[str, Any] = {
    "title": {"en": "How was it?"},
    "pages": [
        *ASKED["pages"],
        {"id": "second", "questions": [{"id": "why", "kind": "open", "text": {"en": "Why {{nps|that}}?"}}]},
    ],
}


def published(content: dict[str, Any], name: str = "stay", **others: Any) -> Survey:
    """A survey that asks this, published."""
    Document.model_validate({**content, **others})
    survey, _made = Survey.objects.get_or_create(name=name, defaults={"title": "How was it?"})
    row = start_draft(SurveyVersion, None, str(survey.pk), survey=survey)
    SurveyVersion.objects.filter(pk=row.pk).update(content={**content, **others})
    publish(row, None)
    return survey


def open_link(content: dict[str, Any] = ASKED, **others: Any) -> SurveyLink:
    """An open link to a published survey."""
    return create_link(None, published(content), "Receipt", attributes={"branch": "North"}, **others)


def invited(survey: Survey, customer_id: str = "c1", **others: Any) -> str:
    """The token of somebody who was invited."""
    token = new_token()
    given = {"response_id": f"r-{customer_id}", "sent_at": timezone.now(), "state": Invitation.State.SENT, **others}
    Invitation.objects.create(survey=survey, customer_id=customer_id, token_hash=hashed(token), **given)
    return token


def send(token: str, page: str = "first", client: Client | None = None, **answers: Any) -> Any:
    """Post a page as a browser does: ``nps=9`` is the field ``q.nps``; ``_go``, ``_resume`` are fields of the form."""
    fields = {
        name[1:] if name.startswith("_") else f"q.{name.replace('__', '.')}": value for name, value in answers.items()
    }
    return (client or Client()).post(f"/s/{token}/{page}", fields)
