"""Every door to personal data, for every role, for somebody without a role, and for a stranger: pages, files, programs.

The command line is the installation itself and asks nobody; what it does is in `test_erase_everywhere`.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from django.test import Client

from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.paths import home
from headwater.base.permissions import ROLES
from headwater.listening import inbox, services
from headwater.listening.models import Consent, ErasedCustomer, ErasureRequest, PersonalDataRules, RetentionRule
from headwater.listening.personal import crypto, holding_off, rules
from headwater.record.keys import signal_key

CUSTOMER, GONE = "cust-1001", "cust-gone"
SECRET: Final = "jo.field@example.org"
ROW = {"record_id": "1", "customer_id": CUSTOMER, "kind": "contact", "text": f"Write to {SECRET}"}
KEY = signal_key("desk", "1")
NOBODY, STRANGER = "", "stranger"

ADMINISTRATOR = frozenset(["administrator"])
CX = frozenset(["administrator", "cx_team"])
READERS = frozenset(["administrator", "cx_team", "analyst"])
DAYS = {"upload_days": 7, "set_aside_days": 14, "original_days": 90, "look_days": 400}
SAID = {"customer_id": CUSTOMER, "purpose": "survey", "is_given": False, "at": "2026-01-02T03:04:05Z"}


@dataclass(frozen=True, slots=True)
class Door:
    """``for_whom``: the roles that may; ``done`` is the answer they get."""

    method: str
    address: str
    for_whom: frozenset[str]
    sent: dict[str, Any] = field(default_factory=dict)
    done: int = 200

    @property
    def is_api(self) -> bool:
        return self.address.startswith("/api/")

    def tried(self, client: Client) -> Any:
        if self.method == "GET":
            return client.get(self.address, self.sent)
        if self.is_api:
            return client.post(self.address, self.sent, content_type="application/json")
        return client.post(self.address, self.sent)


API: Final = "/api/v1"
DOORS: Final = (
    Door("GET", "/personal-data", READERS),
    Door("GET", "/personal-data/erasures", READERS),
    Door("GET", "/personal-data/looks.csv", CX),  # who looked is history, which an analyst does not see
    Door("GET", f"/personal-data/customer?customer={CUSTOMER}", READERS),
    Door("GET", f"/customers/{CUSTOMER}", READERS),
    Door("GET", f"/personal-data/originals/{KEY}", ADMINISTRATOR),
    Door("POST", f"/personal-data/originals/{KEY}", ADMINISTRATOR, {"reason": "the customer asked"}),
    Door("POST", "/personal-data/rules", ADMINISTRATOR, {"edition": 1, "vault": "on", **DAYS}, 302),
    Door("POST", "/personal-data/retention", ADMINISTRATOR, {"what": "words", "days": 300}, 302),
    Door("POST", "/personal-data/retention/1/remove", ADMINISTRATOR, {}, 302),
    Door("POST", "/personal-data/key", ADMINISTRATOR, {}, 302),
    Door("POST", "/personal-data/export", CX, {"customer_id": CUSTOMER}),
    Door("POST", "/personal-data/let-back", ADMINISTRATOR, {"customer_id": GONE, "reason": "signed up anew"}, 302),
    Door("POST", "/personal-data/customer", READERS,
         {"customer_id": CUSTOMER, "purpose": "survey", "channel": "email", "is_given": "no"}, 302),
    Door("GET", f"{API}/consent", READERS, {"customer_id": CUSTOMER}),
    Door("GET", f"{API}/consent/may-ask", READERS, {"customer_id": CUSTOMER}),
    Door("POST", f"{API}/consent", READERS, {"lines": [SAID]}),
    Door("GET", f"{API}/redactions", READERS),
    Door("GET", f"{API}/retention", READERS),
    Door("GET", f"{API}/erased-customers", READERS),
    Door("POST", f"{API}/erased-customers/let-back", ADMINISTRATOR, {"customer_id": "gone-2", "reason": "asked"}, 204),
    Door("POST", f"{API}/customer-export", CX, {"customer_id": CUSTOMER}),
    Door("GET", f"{API}/erasures/1", READERS),
    Door("POST", f"{API}/erasures", ADMINISTRATOR, {"customer_id": CUSTOMER}, 202),
    Door("POST", "/personal-data/erase", ADMINISTRATOR, {"customer_id": CUSTOMER}, 302),
)  # fmt: skip
NOT_THERE: Final = (
    Door("GET", "/personal-data/originals/17", ADMINISTRATOR, {}, 200),  # the form; that there is none is said then
    Door("POST", "/personal-data/originals/17", ADMINISTRATOR, {"reason": "the customer asked"}, 404),
    Door("POST", "/personal-data/retention/99/remove", ADMINISTRATOR, {}, 404),
    Door("GET", "/customers/nobody-here", READERS, {}, 404),
    Door("GET", f"{API}/erasures/99", READERS, {}, 404),
    Door(
        "POST", f"{API}/erased-customers/let-back", ADMINISTRATOR, {"customer_id": CUSTOMER, "reason": "asked us"}, 404
    ),
    Door("POST", "/personal-data/let-back", ADMINISTRATOR, {"customer_id": CUSTOMER, "reason": "asked us"}, 400),
)


@pytest.fixture
def kept(ours: Company) -> None:
    rules.change_rules(None, 0, vault=True)
    services.receive_signals([ROW], source="desk", person=None)
    inbox.flush()
    holding_off.hold_off([GONE, "gone-2"])
    RetentionRule.objects.create(pk=1, days=900)
    ErasureRequest.objects.create(pk=1, customer="0" * 32, state="done")


def state() -> tuple[object, ...]:
    """All that a door could have changed."""
    counted = (Consent, ErasedCustomer, ErasureRequest, RetentionRule, HistoryEntry)
    rows = tuple(one._default_manager.count() for one in counted)
    return (*rows, PersonalDataRules.objects.get().edition, (home() / crypto.KEY_FILE).read_text())


@pytest.mark.parametrize("role", [*ROLES, NOBODY, STRANGER])
def test_each_door_opens_to_those_it_is_for_alone(kept: None, role: str) -> None:
    client = Client()
    if role != STRANGER:
        client.force_login(Person.objects.create(email="p@example.com", name="P", roles=[role] if role else []))
    wrong = []
    for door in (*NOT_THERE, *DOORS):
        before = state()
        answer = door.tried(client)
        if role in door.for_whom:
            expected = door.done
        elif role == STRANGER:
            expected = 401 if door.is_api else 302
        else:
            expected = 403
        if answer.status_code != expected:
            wrong.append((door.method, door.address, answer.status_code, expected))
        said = b"".join(answer) if answer.streaming else answer.content
        if role not in door.for_whom:
            assert state() == before, door
            assert SECRET.encode() not in said, door
            assert role != STRANGER or door.is_api or "/login" in answer["Location"], answer["Location"]
    assert not wrong
