"""Signals and words that are over their time go, exactly they, and what is derived from them follows."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.insight.models import LabelCorrection
from headwater.listening import inbox, services
from headwater.listening.models import SetAsideRow, VaultEntry
from headwater.listening.personal import retention, rules
from headwater.listening.personal.retention_rules import Term, expiries
from headwater.metrics.store import company_record
from headwater.record.keys import signal_key
from headwater.record.questions import Sums, Verbatims

TODAY = date(2026, 11, 22)
SOURCES, KINDS = ["", "desk", "shop"], ["", "contact", "review"]
TERMS = st.lists(
    st.builds(Term, st.sampled_from(SOURCES), st.sampled_from(KINDS), st.integers(30, 99)),
    unique_by=lambda term: (term.source, term.kind),
)


@given(TERMS, st.sampled_from(["desk", "shop", "other"]), st.sampled_from(["contact", "review"]), st.integers(0, 120))
def test_the_most_particular_term_decides(terms: list[Term], source: str, kind: str, age: int) -> None:
    mine = [term for term in terms if term.source in ("", source) and term.kind in ("", kind)]
    best = max(mine, key=lambda term: (bool(term.source), bool(term.kind)), default=None)
    expected = best is not None and age > best.days
    day = TODAY - timedelta(days=age)
    gone = any(
        over.group.source in (None, source)
        and over.group.kind in (None, kind)
        and day < over.before
        and not any(one.source in (None, source) and one.kind in (None, kind) for one in over.but)
        for over in expiries(terms, TODAY)
    )
    assert gone == expected


def put(source: str, kind: str, ages: list[int]) -> None:
    today = timezone.now()
    rows = [
        {
            "record_id": f"{kind}-{age}",
            "kind": kind,
            "text": f"words of {age} days, card 4111111111111111",
            "customer_id": f"c{age}",
            "occurred_at": (today - timedelta(days=age)).isoformat(),
        }
        for age in ages
    ]
    services.receive_signals(rows, source=source, person=None)
    inbox.flush()


def test_what_is_over_its_time_goes_and_nothing_else(ours: Company) -> None:
    put("desk", "contact", [10, 50, 90])
    put("shop", "review", [10, 50, 90])
    retention.set_rule(None, what="signals", source="", kind="", days=80)
    retention.set_rule(None, what="signals", source="desk", kind="", days=40)
    retention.set_rule(None, what="words", source="", kind="review", days=30)
    preview = {(one.rule.what, one.rule.source, one.rule.kind): one.signals for one in retention.preview(None)}
    assert preview == {("signals", "", ""): 1, ("signals", "desk", ""): 2, ("words", "", "review"): 2}
    assert len(company_record().ask(Verbatims(limit=10)).rows) == 6, "a preview changes nothing"
    gone, muted = retention.run()
    assert (gone, muted) == (3, 1)
    left = {(row.source, row.record_id): row.text for row in company_record().ask(Verbatims(limit=10)).rows}
    assert {key for key, text in left.items() if text} == {("desk", "contact-10"), ("shop", "review-10")}
    assert company_record().ask(Sums(by=("source",))).rows
    counted = {row.group["source"]: row.n for row in company_record().ask(Sums(by=("source",))).rows}
    assert counted == {"desk": 1, "shop": 2}, "sums follow, from rollups too"
    assert not any(finding.is_wrong for finding in company_record().check())
    assert HistoryEntry.objects.get(code="retention.run").data == {"signals": 3, "words": 1}
    assert retention.run() == (0, 0)
    assert HistoryEntry.objects.filter(code="retention.run").count() == 1
    assert company_record().replaced_files(), "old files stay for readers for a while"
    company_record().compact(retention=0)
    assert company_record().replaced_files() == []


def test_what_is_kept_beside_the_record_goes_too(ours: Company, make_file: object) -> None:
    rules.change_rules(None, 0, vault=True)
    put("desk", "contact", [1])
    assert VaultEntry.objects.count() == 1
    VaultEntry.objects.update(kept_at=timezone.now() - timedelta(days=366))
    path = make_file("aside.csv", "id,date,words\n1,never,hello\n")  # type: ignore[operator]
    used = "version: 1\nsource: aside\nemit: [{kind: contact, fields: {record_id: id, text: words, occurred_at: date}}]"
    arrival = services.import_file(path, mapping=services.mapping.from_yaml(used))
    assert SetAsideRow.objects.count() == 1
    retention.expire_beside()
    assert SetAsideRow.objects.count() == 1
    from headwater.listening.models import Import

    Import.objects.filter(pk=arrival.import_id).update(started_at=timezone.now() - timedelta(days=31))
    retention.expire_beside()
    assert not SetAsideRow.objects.exists()
    assert not VaultEntry.objects.exists()


@pytest.mark.parametrize("wrong", [{"what": "all"}, {"kind": "gossip"}, {"days": 1}, {"source": "x" * 81}])
def test_a_rule_that_cannot_be_is_refused(ours: Company, wrong: dict[str, object]) -> None:
    given = {"what": "signals", "source": "", "kind": "", "days": 90, **wrong}
    with pytest.raises(Refused):
        retention.set_rule(None, **given)  # type: ignore[arg-type]


def test_who_may_not_make_rules_does_not(ours: Company, analyst: Person) -> None:
    with pytest.raises(NotAllowed):
        retention.set_rule(analyst, what="signals", source="", kind="", days=90)
    assert retention.rules(analyst) == ()


def test_originals_of_what_is_over_its_time_go_with_it(ours: Company) -> None:
    """The vault keeps words from their arrival on; a rule counts from the day they were said."""
    rules.change_rules(None, 0, vault=True)
    put("desk", "contact", [10, 50])
    put("shop", "review", [10, 50])
    assert VaultEntry.objects.count() == 4
    retention.set_rule(None, what="signals", source="desk", kind="", days=40)
    retention.set_rule(None, what="words", source="shop", kind="", days=40)
    assert retention.run() == (1, 1)
    left = set(VaultEntry.objects.values_list("signal_key", flat=True))
    assert left == {signal_key("desk", "contact-10"), signal_key("shop", "review-10")}


def test_what_people_said_of_a_signal_goes_with_it(ours: Company) -> None:
    put("desk", "contact", [10, 50])
    for age in (10, 50):
        LabelCorrection.objects.create(signal_key=signal_key("desk", f"contact-{age}"), field="stage", value="wait")
    retention.set_rule(None, what="signals", source="", kind="", days=40)
    retention.run()
    assert LabelCorrection.objects.get().signal_key == signal_key("desk", "contact-10")
