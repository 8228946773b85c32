"""Customers as pseudonyms: the same person the same, nobody's id readable, and addresses still matched."""

from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company
from headwater.listening import inbox, services
from headwater.listening.models import Addressee, PseudonymousSource
from headwater.listening.personal import consent, pseudonyms, rules
from headwater.listening.surveys import addressees
from headwater.metrics.store import company_record
from headwater.record.questions import Verbatims


def send(source: str, *customers: str) -> None:
    rows = [
        {"record_id": str(number), "customer_id": one, "kind": "contact", "text": "words"}
        for number, one in enumerate(customers)
    ]
    services.receive_signals(rows, source=source, person=None)
    inbox.flush()


def customers_of(source: str) -> set[str | None]:
    return {row.customer_id for row in company_record().ask(Verbatims(limit=50)).rows if row.source == source}


def test_sources_that_came_before_keep_their_ids_and_new_ones_have_none(ours: Company) -> None:
    send("old", "ana", "bo")
    rules.change_rules(None, 0, pseudonyms=True)
    send("old", "cy")
    send("new", "ana", "bo")
    send("newer", "ana")
    assert customers_of("old") == {"ana", "bo", "cy"} or customers_of("old") == {"cy", "bo"}
    assert customers_of("new") == {pseudonyms.pseudonym("ana"), pseudonyms.pseudonym("bo")}
    assert customers_of("newer") == {pseudonyms.pseudonym("ana")}, "the same person is the same in every source"
    rules.change_rules(None, 1, pseudonyms=False)
    send("new", "dee")
    assert pseudonyms.pseudonym("dee") in customers_of("new"), "a source stays as it began"
    assert set(PseudonymousSource.objects.values_list("name", flat=True)) == {"new", "newer"}


def test_a_customer_of_the_record_is_still_reached_and_still_asked_before(ours: Company) -> None:
    rules.change_rules(None, 0, pseudonyms=True)
    addressees.receive(None, [{"customer_id": "ana", "email": "ana@example.org"}])
    no = consent.Given("ana", "email", "survey", False, timezone.now())
    consent.record_consent(None, [no], origin="form")
    hidden = pseudonyms.pseudonym("ana")
    assert Addressee.objects.get().customer_id == hidden
    assert addressees.addressee_of(None, "ana").email == "ana@example.org"
    for name in ("ana", hidden):
        assert consent.may_ask([name], channel="email", purpose="survey")[name] is not None
    addressees.remove(None, "ana")
    assert not Addressee.objects.exists()


@given(st.text(min_size=1, max_size=40))
def test_a_pseudonym_stays_itself_and_says_nothing(customer: str) -> None:
    hidden = pseudonyms.pseudonym(customer)
    assert pseudonyms.pseudonym(hidden) == hidden
    assert pseudonyms.is_pseudonym(hidden)
    assert set(pseudonyms.spellings(customer)) == {customer, hidden}
