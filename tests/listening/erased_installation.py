"""An installation of its own with a real database: one customer is put everywhere, then erased.

Run as a program on an empty data folder. It says ``filled`` and ``erased`` and waits for a line after each, so that the
test looks at the folder while the database is open and has its journal.
"""

import os
import sys
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "headwater.site.settings"
django.setup()

from django.db import transaction  # noqa: E402  after the set-up, as all that follow
from django.utils import timezone  # noqa: E402

from headwater.base import worker  # noqa: E402
from headwater.base.history import record_history  # noqa: E402
from headwater.base.models import HistoryEntry, Job  # noqa: E402
from headwater.base.outbox import put_mail  # noqa: E402
from headwater.listening import inbox, services  # noqa: E402
from headwater.listening import models as kept  # noqa: E402
from headwater.listening.mapping import from_yaml  # noqa: E402
from headwater.listening.personal import consent, erasing, rules  # noqa: E402
from headwater.metrics.store import company_record  # noqa: E402
from headwater.site.setup import prepare  # noqa: E402

CUSTOMER, EMAIL, WORD = "cust-zebulon-4711", "zebulon.quagga@example.org", "quaggamire"
OTHER = "cust-other-1"
MAPPING = """
version: 1
source: aside
emit:
  - kind: contact
    fields: {record_id: id, text: text, occurred_at: date, customer_id: customer_id}
"""


def signal(record_id: str, customer: str, text: str, **more: object) -> dict[str, object]:
    return {"record_id": record_id, "customer_id": customer, "text": text, "kind": "contact", **more}


def fill() -> None:
    """One customer in every place where Headwater keeps something of a customer, and another beside them."""
    rules.change_rules(None, 0, vault=True)
    rows = [
        signal("1", CUSTOMER, f"The {WORD} was late, write to {EMAIL}", attributes={"plan": f"{WORD} plan"}),
        signal("2", OTHER, "All was well, thank you"),
    ]
    services.receive_signals(rows, source="desk", person=None)
    inbox.flush()
    revised = [signal("1", CUSTOMER, f"The {WORD} was very late, write to {EMAIL}")]
    services.receive_signals(revised, source="desk", person=None)
    inbox.flush()
    services.receive_signals([signal("3", CUSTOMER, f"still {WORD} and waiting")], source="desk", person=None)
    at = timezone.now()
    consent.record_consent(
        None, [consent.Given(one, "email", "survey", True, at) for one in (CUSTOMER, OTHER)], origin="page"
    )
    asked(CUSTOMER)
    put_mail(EMAIL, "How was it?", f"Dear customer, about the {WORD}")
    put_mail("team@example.org", "A case", f"{CUSTOMER} waits")
    Job.objects.create(name="base.tidy", lane="quick", payload={"customer": CUSTOMER}, state=Job.State.DONE)
    with transaction.atomic():
        record_history(None, "source.mapped", f"customer:{CUSTOMER}", {"source": CUSTOMER})


def asked(customer: str) -> None:
    survey = kept.Survey.objects.create(name="after", title="After")
    version = kept.SurveyVersion.objects.create(
        survey=survey, scope=str(survey.pk), content={}, version=1, state="published"
    )
    kept.Addressee.objects.create(customer_id=customer, email=EMAIL, name="Zebulon Quagga")
    kept.ContactTurn.objects.get_or_create(customer_id=customer)
    kept.Contact.objects.create(customer_id=customer, survey=survey, channel="email", at=timezone.now())
    invitation = kept.Invitation.objects.create(survey=survey, customer_id=customer, token_hash="t" * 64)
    kept.SurveyResponse.objects.create(
        survey=survey, version=version, invitation=invitation, answers={"why": WORD}, day=timezone.now().date()
    )


def rows_aside() -> None:
    path = Path(os.environ["TMPDIR"]) / "aside.csv"
    path.write_text(f"id,date,customer_id,text\n9,never,{CUSTOMER},{WORD}\n8,2024-01-02,{OTHER},fine words\n")
    services.import_file(path, mapping=from_yaml(MAPPING))
    assert kept.SetAsideRow.objects.filter(values__icontains=CUSTOMER).exists()
    path.unlink()


def erase() -> None:
    request = erasing.ask_erasure(None, CUSTOMER)
    worker.run_due()
    request.refresh_from_db()
    assert (request.state, request.error) == ("done", ""), request.error
    assert bytes(request.sealed_id) == b""
    for model in (kept.Addressee, kept.VaultKey, kept.VaultEntry, kept.SurveyResponse):
        assert not model._default_manager.exists(), model
    assert kept.Consent.objects.values_list("customer_id", flat=True).get() == OTHER
    assert len(company_record().everything_of_customer(OTHER)["signals"]) == 2
    assert not any(finding.is_wrong for finding in company_record().check())
    assert HistoryEntry.objects.filter(code="customer.erased").count() == 1


if __name__ == "__main__":
    prepare()
    fill()
    rows_aside()
    sys.stdout.write("filled\n")
    sys.stdout.flush()
    sys.stdin.readline()
    erase()
    sys.stdout.write("erased\n")
    sys.stdout.flush()
    sys.stdin.readline()
