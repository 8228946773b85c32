"""Customers as pseudonyms: the same person the same, nobody's id readable, and addresses still matched."""

from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company
from headwater.listening import inbox, services
from headwater.listening.models import Addressee, PseudonymousSource
from headwater.listening.personal import pseudonyms, rules
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


def test_a_customer_of_the_record_is_still_reached(ours: Company) -> None:
    Addressee.objects.create(customer_id="ana", email="ana@example.org")
    Addressee.objects.create(customer_id="bo", email="bo@example.org")
    hidden = pseudonyms.pseudonym("ana")
    found = pseudonyms.addressees_of([hidden, "bo", "nobody"])
    assert {one: row.email for one, row in found.items()} == {hidden: "ana@example.org", "bo": "bo@example.org"}


@given(st.text(min_size=1, max_size=40))
def test_a_pseudonym_stays_itself_and_says_nothing(customer: str) -> None:
    hidden = pseudonyms.pseudonym(customer)
    assert pseudonyms.pseudonym(hidden) == hidden
    assert pseudonyms.is_pseudonym(hidden)
    assert set(pseudonyms.spellings(customer)) == {customer, hidden}
