"""The page of personal data, a customer's part of it, words before redaction, and who may see what."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from django.test import Client

from headwater.base import worker
from headwater.base.models import Company, HistoryEntry, Person
from headwater.insight.verbatims import one_verbatim, timeline
from headwater.listening import inbox, services
from headwater.listening.models import ErasureRequest, RetentionRule, WordsLook
from headwater.listening.personal import looks, retention, rules, vault
from headwater.record.keys import signal_key

KEY = signal_key("desk", "1")
CUSTOMER = "cust-1001"
ROW = {
    "record_id": "1",
    "customer_id": CUSTOMER,
    "kind": "contact",
    "text": "Write to me at jo.field@example.org, said the agent Kim Pepper",
    "attributes": {"agent": "Kim Pepper", "plan": "basic"},
}


@pytest.fixture
def with_words(ours: Company) -> Company:
    rules.change_rules(None, 0, vault=True)
    services.receive_signals([ROW], source="desk", person=None)
    inbox.flush()
    return ours


@pytest.fixture
def person_with(db: None) -> Callable[..., Person]:
    def make(*roles: str) -> Person:
        number = Person.objects.count() + 1
        return Person.objects.create(email=f"p{number}@example.com", name=f"Person {number}", roles=list(roles))

    return make


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_the_page_says_what_was_taken_out_and_rules_are_changed_on_it(
    with_words: Company, person_with: Callable[..., Person]
) -> None:
    client = signed_in(person_with("administrator"))
    page = client.get("/personal-data").content.decode()
    assert "2 pieces of personal data were taken out" in page or "3 pieces of personal data were taken out" in page
    assert "E-mail addresses" in page
    assert all(name in page for name in ("Germany", "United States")), "countries have names"
    days = {"upload_days": 7, "set_aside_days": 14, "original_days": 90, "look_days": 400}
    ticked = {"vault": "on", "consent_needed": ["survey"], "countries": ["US", "DE"]}
    sent = client.post("/personal-data/rules", {"edition": 1, **ticked, **days})
    assert sent.status_code == 302, sent.content.decode()[:2000]
    assert (rules.rules().set_aside_days, rules.rules().consent_needed) == (14, ["survey"])
    assert rules.rules().countries == ["DE", "US"]
    assert client.post("/personal-data/rules", {"edition": 2, "countries": ["XX"], **days}).status_code == 400
    again = client.post("/personal-data/rules", {"edition": 1, "vault": "on", **days})
    assert (again.status_code, "meanwhile" in again.content.decode()) == (400, True)
    sent = client.post("/personal-data/retention", {"what": "words", "kind": "contact", "source": "", "days": 30})
    assert sent.status_code == 302
    assert "Words of the kind contact" in client.get("/personal-data").content.decode()
    assert client.post("/personal-data/retention", {"what": "words", "days": 1}).status_code == 400
    assert client.post(f"/personal-data/retention/{RetentionRule.objects.get().pk}/remove").status_code == 302
    assert not RetentionRule.objects.exists()
    assert client.post("/personal-data/key").status_code == 302
    assert vault.view_original(None, KEY, "after the new key") == ROW["text"]


def test_a_customer_is_exported_and_erased_on_the_page(with_words: Company, person_with: Callable[..., Person]) -> None:
    client = signed_in(person_with("administrator"))
    part = client.get(f"/personal-data/customer?customer={CUSTOMER}", headers={"HX-Request": "true"})
    assert "Export everything" in part.content.decode()
    assert "<html" not in part.content.decode()
    line = {"customer_id": CUSTOMER, "purpose": "survey", "channel": "email", "is_given": "no"}
    assert client.post("/personal-data/customer", line).status_code == 302
    assert "withdrawn" in client.get(f"/personal-data/customer?customer={CUSTOMER}").content.decode()
    packed = client.post("/personal-data/export", {"customer_id": CUSTOMER})
    with zipfile.ZipFile(BytesIO(packed.content)) as opened:
        document = json.loads(opened.read("customer.json"))
        page = opened.read("customer.html").decode()
    assert document["tables"]["originals"][0]["text"] == ROW["text"]
    assert document["tables"]["consent"][0]["is_given"] is False
    assert document["tables"]["signals"][0]["customer_id"] == CUSTOMER
    assert "jo.field@example.org" in page
    assert client.post("/personal-data/erase", {"customer_id": CUSTOMER}).status_code == 302
    assert "Waiting" in client.get("/personal-data/erasures").content.decode()
    worker.run_due()
    assert ErasureRequest.objects.get().state == ErasureRequest.State.DONE
    assert "Erased" in client.get("/personal-data/erasures").content.decode()
    assert client.get(f"/customers/{CUSTOMER}").status_code == 404


@pytest.mark.parametrize(
    ("role", "attributes"),
    [
        ("administrator", {"agent", "plan"}),
        ("cx_team", {"agent", "plan"}),
        ("analyst", {"plan"}),
        ("executive", set()),
    ],
)
def test_each_role_sees_what_it_may(
    with_words: Company, person_with: Callable[..., Person], role: str, attributes: set[str]
) -> None:
    person = person_with(role)
    assert set(one_verbatim(person, KEY).attributes) == attributes
    page = signed_in(person).get(f"/verbatims/{KEY}").content.decode()
    assert ("Kim Pepper" in page) == ("agent" in attributes)
    assert "jo.field@example.org" not in page
    assert ("before redaction" in page) == (role == "administrator")
    if role != "executive":
        assert set(timeline(person, CUSTOMER)[0].attributes) == attributes


@pytest.mark.parametrize("role", ["cx_team", "analyst", "manager", "executive", "employee", "hr"])
def test_only_an_administrator_sees_words_before_redaction_or_changes_rules(
    with_words: Company, person_with: Callable[..., Person], role: str
) -> None:
    client = signed_in(person_with(role))
    assert client.get(f"/personal-data/originals/{KEY}").status_code == 403
    assert client.post("/personal-data/erase", {"customer_id": CUSTOMER}).status_code == 403
    assert client.post("/personal-data/key").status_code == 403
    seen = client.get("/personal-data").status_code
    assert seen == (200 if role in ("cx_team", "analyst") else 403)


def test_words_before_redaction_need_a_reason_that_the_history_keeps(
    with_words: Company, person_with: Callable[..., Person]
) -> None:
    administrator = person_with("administrator")
    client = signed_in(administrator)
    assert "jo.field" not in client.get(f"/personal-data/originals/{KEY}").content.decode()
    refused = client.post(f"/personal-data/originals/{KEY}", {"reason": "x"})
    assert "jo.field" not in refused.content.decode()
    shown = client.post(f"/personal-data/originals/{KEY}", {"reason": "The customer asked what we have"})
    assert ROW["text"] in shown.content.decode()
    entry = HistoryEntry.objects.get(code="original.viewed")
    assert entry.actor == administrator
    assert entry.data["reason"] == "The customer asked what we have"
    assert client.post("/personal-data/originals/17", {"reason": "nothing is there"}).status_code == 404


def test_who_looked_is_one_row_an_hour_and_says_at_whom(
    with_words: Company, person_with: Callable[..., Person]
) -> None:
    reader = person_with("cx_team")
    client = signed_in(reader)
    for _time in range(5):
        assert client.get(f"/verbatims/{KEY}").status_code == 200
    client.get("/verbatims")
    assert sorted(WordsLook.objects.values_list("way", "looks")) == [("list", 1), ("one", 5)]
    assert {one.way for one in looks.looks(None, customer_id=CUSTOMER)} == {"list", "one"}
    assert looks.looks(None, customer_id="somebody else") == ()
    assert HistoryEntry.objects.filter(code="words.read").count() == 2
    looks.forget_customers([CUSTOMER])
    assert looks.looks(None, customer_id=CUSTOMER) == ()


def test_the_api_takes_consent_once_and_says_what_it_means(
    with_words: Company, person_with: Callable[..., Person]
) -> None:
    client = signed_in(person_with("administrator"))
    line = {"customer_id": CUSTOMER, "purpose": "survey", "is_given": False, "at": "2026-01-02T03:04:05Z"}
    for written in (1, 0):
        answer = client.post("/api/v1/consent", {"lines": [line]}, content_type="application/json")
        assert answer.json() == {"written": written}
    asked = client.get(f"/api/v1/consent/may-ask?customer_id={CUSTOMER}").json()
    assert asked["may_ask"] is False
    assert client.get(f"/api/v1/consent?customer_id={CUSTOMER}").json()[0]["state"] == "withdrawn"
    retention.set_rule(None, what="signals", source="", kind="", days=400)
    assert client.get("/api/v1/retention").json()[0]["days"] == 400
    assert client.get("/api/v1/redactions").json()["counts"]["email"] == 1
    exported = client.post("/api/v1/customer-export", {"customer_id": CUSTOMER}, content_type="application/json").json()
    assert exported["tables"]["consent"]
    begun = client.post("/api/v1/erasures", {"customer_id": CUSTOMER}, content_type="application/json")
    assert begun.status_code == 202
    assert client.get(f"/api/v1/erasures/{begun.json()['id']}").json()["state"] == "waiting"
