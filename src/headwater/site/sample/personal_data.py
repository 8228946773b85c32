"""What the sample company decided about personal data: how long it is kept, and what some customers allowed."""

from datetime import timedelta

from django.utils import timezone

from headwater.listening.models import Consent, RetentionRule
from headwater.listening.personal import consent, retention
from headwater.metrics.store import company_record
from headwater.record.keys import customer_bucket
from headwater.record.questions import FieldValues

CUSTOMERS = 240
WORDING = "checkout, version 3"
KEPT = (("signals", "", 1_825), ("words", "", 1_095), ("words", "social", 730))


def load_personal_data() -> None:
    """Make the rules and the ledger, once."""
    if not RetentionRule.objects.exists():
        for what, kind, days in KEPT:
            retention.set_rule(None, what=what, source="", kind=kind, days=days)
    if not Consent.objects.exists():
        known = company_record().ask(FieldValues("customer_id", CUSTOMERS))
        lines = [_said(row.value) for row in known if row.value]
        consent.record_consent(None, lines, origin="shop")


def _said(customer_id: str) -> consent.Given:
    """Most said yes to surveys by mail; some took it back."""
    number = customer_bucket(customer_id)
    at = timezone.now() - timedelta(days=30 + number)
    purpose = "research" if number % 5 == 0 else "survey"
    return consent.Given(customer_id, "email", purpose, number % 9 != 0, at, WORDING)
