"""The sample company's surveys: one that is out, in two languages, and a draft for the check to find fault with."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from headwater.listening.models import Survey
from headwater.listening.surveys import defaults, editing, services
from headwater.listening.surveys.document import Condition, Document, Page, Question, Rule
from headwater.listening.surveys.exchange import read, written

DELIVERY, DRAFT = "after-delivery", "store-visit"
STAGE = "receive"
GERMAN = "de"


def load_surveys() -> None:
    """Make the surveys, once."""
    with transaction.atomic():
        if not Survey.objects.filter(name=DELIVERY).exists():
            made = services.create_from(None, delivery(), name=DELIVERY)
            services.publish(None, made)
        if not Survey.objects.filter(name=DRAFT).exists():
            services.create_from(None, store_visit(), name=DRAFT)


def delivery() -> Document:
    """The survey after a delivery, in English and German; who is dissatisfied is asked what went wrong."""
    document = _both(
        defaults.document("delivery", "After delivery"), defaults.document("delivery", "Nach der Lieferung", GERMAN)
    )
    unhappy = Rule(conditions=(Condition(question="csat_delivery", test="at_most", values=("3",)),))
    pages = []
    for page in document.pages:
        asked = [one.model_copy(update={"stage": STAGE}) for one in page.questions]
        asked = [one.model_copy(update={"show_if": unhappy}) if one.id == "delivery_went" else one for one in asked]
        pages.append(page.model_copy(update={"questions": tuple(asked)}))
    return document.model_copy(update={"pages": tuple(pages)})


def store_visit() -> Document:
    """A draft as people write them first: the check has something to say about it."""
    document = defaults.document(None, "Your visit to the store")
    visit = (
        Question(id="friendly", kind="rating", text={"en": "How satisfied are you with our friendly and fast staff?"}),
        Question(id="again", kind="nps", text={"en": "After today’s visit, would you recommend us?"}),
        Question(id="channel", kind="open", text={"en": "Which channel did you use before you came?"}),
    )
    return editing.change_page(document, Page(id="p1", questions=visit))


def _both(first: Document, second: Document) -> Document:
    """One survey in two languages of two surveys that ask the same."""
    content = _joined(written(first), written(second))
    return read({**content, "languages": [*first.languages, *second.languages]})


def _joined(first: Any, second: Any) -> Any:
    if isinstance(first, dict) and isinstance(second, dict):
        return {key: _joined(first.get(key), second.get(key)) for key in {**first, **second}}
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return [_joined(one, other) for one, other in zip(first, second, strict=True)]
    return second if first is None else first
