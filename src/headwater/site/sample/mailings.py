"""Where the sample company's customers can be reached, who was asked lately, and a round of asking that is prepared."""

from __future__ import annotations

from typing import Any, Final

from django.db import transaction

from headwater.listening.models import Addressee, Contact, Invitation, Mailing, Survey
from headwater.listening.surveys import mailings
from headwater.site.sample.company import TIME_ZONE
from headwater.site.sample.surveys import DELIVERY

PLAN: Final[dict[str, Any]] = {
    "sample": {"kind": "stratified", "size": 240, "seed": 4},
    "segment": "segment",
    "quotas": {"business": 40},
    "stop_width": 0.05,
    "wording": {
        "en": {"subject": "How did your delivery go?", "closing": "Thank you. We read every answer."},
        "de": {"subject": "Wie war Ihre Lieferung?", "closing": "Vielen Dank. Wir lesen jede Antwort."},
    },
}


def load_mailings() -> None:
    """Give those who were asked an address, note the last round as contacts, and prepare the next one; once."""
    survey = Survey.objects.filter(name=DELIVERY).first()
    if survey is None or Addressee.objects.exists():
        return
    asked = Invitation.objects.filter(survey=survey).exclude(customer_id="").order_by("pk")
    last = Mailing.objects.filter(survey=survey).order_by("-wave").first()
    with transaction.atomic():
        customers = list(dict.fromkeys(asked.values_list("customer_id", flat=True)))
        Addressee.objects.bulk_create(
            Addressee(
                customer_id=one, email=f"customer-{number}@sample.example", language="de" if number % 3 else "en",
                time_zone=TIME_ZONE if number % 10 else "America/New_York",
            )
            for number, one in enumerate(customers)
        )  # fmt: skip
        sent = asked.filter(mailing=last, sent_at__isnull=False)
        Contact.objects.bulk_create(
            Contact(customer_id=one.customer_id, survey=survey, asking=one.asking, channel="email", at=one.sent_at)
            for one in sent
            if one.sent_at is not None
        )
        mailings.create(None, survey, "Deliveries, next round", PLAN)
