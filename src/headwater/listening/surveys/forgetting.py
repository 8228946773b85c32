"""What goes with an erased customer, what is exported to one who asks, and what ends with the sample company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from headwater.listening.models import AnswerRate, HeldAnswer, SurveyResponse


def forget_customers(customer_ids: Sequence[str]) -> None:
    """Delete the responses of customers who were erased. Anonymous ones cannot be found: their givers were told."""
    SurveyResponse.objects.filter(invitation__customer_id__in=customer_ids).delete()


def export_customer(customer_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Responses that are not in the record yet, with their answers, and when the others were given."""
    chosen = SurveyResponse.objects.filter(invitation__customer_id__in=customer_ids).select_related("survey")
    rows = [
        {
            "survey": one.survey.name,
            "state": one.state,
            "day": one.day.isoformat(),
            "language": one.language,
            "answers": one.answers,
        }
        for one in chosen.order_by("day", "pk")
    ]
    return {"survey responses": rows}


def clear() -> None:
    """Forget every response: the sample company ends. The caller holds the transaction."""
    HeldAnswer.objects.all().delete()
    SurveyResponse.objects.all().delete()
    AnswerRate.objects.all().delete()
