"""One customer's own copy holds what every room keeps of them, and nobody else's."""

import json
import zipfile
from io import BytesIO

import pytest
from django.apps import apps
from django.utils import timezone

from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import NotFound
from headwater.journey.models import Firing, Trigger
from headwater.listening import inbox, services
from headwater.listening.models import Addressee, Contact, Invitation, Survey
from headwater.listening.personal import consent, exporting, rules

OWN_WORDS = "It came late; write to ana@example.org"
KNOWN = {
    "journey.Firing": "event_patterns",
    "journey.UnitState": None,  # times of what a pattern waits for; the events themselves are signals
    "listening.Addressee": "addressee",
    "listening.Consent": "consent",
    "listening.Contact": "contacts",
    "listening.ContactTurn": None,  # a lock, nothing else
    "listening.ErasedCustomer": None,  # a hash of who is not here
    "listening.ErasureRequest": None,  # a hash, once it is done
    "listening.Invitation": "invitations",
    "listening.VaultEntry": "originals",
    "listening.VaultKey": None,  # the key to what is exported in the clear
}
"""Every table with a customer, and the part of the copy that it is in."""


def test_every_table_with_a_customer_is_thought_of() -> None:
    names = {"customer_id", "customer"}
    tables = {
        model._meta.label for model in apps.get_models() if names & {field.name for field in model._meta.get_fields()}
    }
    assert tables == set(KNOWN)


@pytest.fixture
def two(ours: Company) -> Company:
    rules.change_rules(None, 0, vault=True)
    rows = [
        {"record_id": one, "customer_id": one, "kind": "contact", "text": OWN_WORDS, "attributes": {"plan": "basic"}}
        for one in ("ana", "bo")
    ]
    services.receive_signals(rows, source="desk", person=None)
    inbox.flush()
    now = timezone.now()
    survey = Survey.objects.create(name="after", title="After the delivery")
    trigger = Trigger.objects.create(name="late", rule={})
    for one in ("ana", "bo"):
        consent.record_consent(None, [consent.Given(one, "email", "survey", True, now)], origin="shop")
        Addressee.objects.create(customer_id=one, email=f"{one}@example.org")
        Contact.objects.create(customer_id=one, survey=survey, channel="email", at=now)
        Invitation.objects.create(survey=survey, customer_id=one, token_hash=one * 10)
        Firing.objects.create(
            trigger=trigger, edition=1, unit=one, occurrence="1", signal_key=1, customer_id=one, occurred_at=now,
            mark_at=now, found_at=now, state="waiting",
        )  # fmt: skip
    return ours


def test_the_copy_holds_every_room_and_nobody_else(two: Company) -> None:
    packed = zipfile.ZipFile(BytesIO(exporting.export_customer(None, "ana")))
    document = json.loads(packed.read("customer.json"))
    tables = document["tables"]
    expected = {part for part in KNOWN.values() if part} | {"signals"}
    assert expected <= set(tables)
    assert all(len(tables[name]) == 1 for name in expected)
    assert tables["signals"][0]["attributes"] == [["plan", "basic"]]
    assert tables["signals"][0]["text"] == "It came late; write to [e-mail]"
    assert tables["originals"][0]["text"] == OWN_WORDS
    assert tables["addressee"][0]["email"] == "ana@example.org"
    assert tables["invitations"][0]["survey__title"] == "After the delivery"
    for name in packed.namelist():
        assert "bo@example.org" not in packed.read(name).decode()
    assert "It came late" in packed.read("customer.html").decode()
    entry = HistoryEntry.objects.get(code="customer.exported")
    assert (entry.subject, entry.data) == ("customer", {})


def test_strangers_and_unknown_customers_get_nothing(two: Company, analyst: Person) -> None:
    with pytest.raises(NotAllowed):
        exporting.export_customer(analyst, "ana")
    with pytest.raises(NotFound):
        exporting.export_customer(None, "nobody")
