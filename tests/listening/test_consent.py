"""Consent is a ledger; what it means is a pure function, and who asks customers obeys it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening import services
from headwater.listening.mapping import from_yaml
from headwater.listening.models import Consent
from headwater.listening.personal import consent, rules
from headwater.listening.personal.consent import Given
from headwater.listening.personal.consent_rules import ANY_CHANNEL, Said, state_of

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
said = st.builds(
    Said,
    st.sampled_from([ANY_CHANNEL, "email", "phone"]),
    st.sampled_from(["survey", "contact"]),
    st.booleans(),
    st.integers(0, 20).map(lambda hours: NOON + timedelta(hours=hours)),
    st.integers(0, 5),
)


def test_the_last_word_counts_whether_it_named_the_channel_or_any() -> None:
    lines = [
        Said("email", "survey", True, NOON),
        Said(ANY_CHANNEL, "survey", False, NOON + timedelta(hours=1)),
        Said("phone", "survey", True, NOON + timedelta(hours=2)),
    ]
    at = NOON + timedelta(hours=3)
    assert state_of(lines, channel="email", purpose="survey", at=at) == "withdrawn"
    assert state_of(lines, channel="phone", purpose="survey", at=at) == "given"
    assert state_of(lines, channel="email", purpose="survey", at=NOON) == "given"
    assert state_of(lines, channel="email", purpose="contact", at=at) == "unknown"


@given(st.lists(said, max_size=8), st.randoms())
def test_the_order_of_the_ledger_means_nothing_and_a_withdrawal_now_ends_it(lines: list[Said], draw: object) -> None:
    at = NOON + timedelta(hours=30)
    before = state_of(lines, channel="email", purpose="survey", at=at)
    shuffled = list(lines)
    draw.shuffle(shuffled)  # type: ignore[attr-defined]
    assert state_of(shuffled, channel="email", purpose="survey", at=at) == before
    assert state_of([*lines, Said(ANY_CHANNEL, "survey", False, at)], channel="email", purpose="survey", at=at) == (
        "withdrawn"
    )


def test_who_may_be_asked_follows_the_ledger_and_the_rules(ours: Company) -> None:
    now = timezone.now()
    lines = [Given("yes", "email", "survey", True, now), Given("no", ANY_CHANNEL, "survey", False, now)]
    assert consent.record_consent(None, lines, origin="form") == 2
    assert consent.record_consent(None, lines, origin="form") == 0, "the same thing sent twice counts once"
    asked = ["yes", "no", "silent"]
    reasons = consent.may_ask(asked, channel="email", purpose="survey")
    assert {one: reason is None for one, reason in reasons.items()} == {"yes": True, "no": False, "silent": True}
    rules.change_rules(None, 0, consent_needed=["survey"])
    reasons = consent.may_ask(asked, channel="email", purpose="survey")
    assert {one: reason is None for one, reason in reasons.items()} == {"yes": True, "no": False, "silent": False}
    assert consent.may_ask(["silent"], channel="email", purpose="research") == {"silent": None}
    assert consent.counts(None) == {("survey", "email"): {"given": 1}, ("survey", "any"): {"withdrawn": 1}}


def test_what_is_no_consent_is_refused_and_nothing_is_written(ours: Company, employee: Person) -> None:
    good = Given("a", "email", "survey", True, timezone.now())
    for wrong in (
        Given("a", "pigeon", "survey", True, timezone.now()),
        Given("a", "email", "gossip", True, timezone.now()),
        Given(" ", "email", "survey", True, timezone.now()),
        Given("a\x00", "email", "survey", True, timezone.now()),
        Given("a\ud800", "email", "survey", True, timezone.now()),
        Given("a", "email", "survey", True, datetime(1, 1, 1, tzinfo=UTC)),
        Given("a", "email", "survey", True, timezone.now() + timedelta(days=1)),
    ):
        with pytest.raises(Refused):
            consent.record_consent(None, [good, wrong], origin="form")
    with pytest.raises(NotAllowed):
        consent.record_consent(employee, [good], origin="form")
    assert not Consent.objects.exists()


FILE = """id,customer,day,words,news,said
1,ana,2024-01-02,fine,yes,2024-01-01
2,bo,2024-01-02,fine,No,2024-01-01
3,cy,2024-01-02,fine,perhaps,2024-01-01
4,dee,2024-01-02,fine,yes,
"""
USED = """
version: 1
source: shop
consent:
  - {column: news, customer: customer, purpose: survey, channel: email, wording: checkout 3%s}
emit:
  - kind: contact
    fields: {record_id: id, text: words, occurred_at: day, customer_id: customer}
"""


@pytest.mark.parametrize(("at", "gave"), [(", at: said", {"ana"}), ("", {"ana", "dee"})])
def test_columns_of_a_file_go_into_the_ledger_once(
    ours: Company, make_file: Callable[[str, str], Path], at: str, gave: set[str]
) -> None:
    used = from_yaml(USED % at)
    assert from_yaml(used.to_yaml()) == used
    for name in ("first.csv", "again.csv"):
        services.import_file(make_file(name, FILE), mapping=used)
        said = {row.customer_id: (row.is_given, row.origin, row.wording) for row in Consent.objects.all()}
        assert said == {**dict.fromkeys(gave, (True, "shop", "checkout 3")), "bo": (False, "shop", "checkout 3")}
        assert Consent.objects.count() == len(gave) + 1
    assert consent.may_ask(["bo"], channel="email", purpose="survey")["bo"]
