"""The river: what customers did, each act (or customer, or coin) counted once, from where it began."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from django.utils import timezone

from headwater.base.company import ensure_company
from headwater.base.models import Person
from headwater.insight import finance
from headwater.insight.demand import beginnings
from headwater.insight.demand_kinds import causes_that_count, kind_of
from headwater.insight.demand_wording import demand_note
from headwater.insight.forest import forest
from headwater.insight.models import AuditItem
from headwater.insight.river import Fewer, River, Symptom, river
from headwater.insight.river_wording import departure_note, fewer_note, river_sentence, width_note
from headwater.insight.selection import Selection
from headwater.journey.packs import load_pack
from headwater.record import Record
from headwater.record.questions import Returning
from headwater.science import Estimate, NoVerdict
from tests.insight.conftest import Label, Write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]

RETAIL = load_pack("retail").taxonomy()
FIRST = date(2026, 3, 1)
CAUSES = ("delivery_late", "damaged", "invoice_wrong", "service_unhelpful", "question", "praise")
STAGES = ("wait", "receive", "order")
Act = tuple[str, Symptom, frozenset[str], str]


@pytest.fixture
def acts(record: Record, write: Write, label: Label) -> list[Act]:
    """400 acts of 120 customers drawn at random, 30 of whom leave: who, what, the causes named, the stage."""
    random, rows, labels, acts = Random(4), [], {}, []
    for number in range(400):
        what = random.choice(("contact", "low", "fine", "contact"))
        day = FIRST + timedelta(days=random.randrange(60))
        customer = f"c{random.randrange(120)}"
        causes = frozenset(random.sample(CAUSES, random.choice((0, 1, 1, 2))))
        stage = random.choice((*STAGES, ""))
        score = {"low": 1.0, "fine": 5.0}.get(what)
        rows.append(
            {
                "record_id": str(number),
                "kind": "contact" if what == "contact" else "survey",
                "text": "words",
                "customer_id": customer,
                "occurred_at": datetime(day.year, day.month, day.day, 8) + timedelta(minutes=number),
                "local_date": day,
                **({"metric": "csat", "scale": "1-5", "score": score, "score_band": -1 if score == 1 else 1}
                   if score else {}),
            }
        )  # fmt: skip
        labels[str(number)] = {"causes": sorted(causes), **({"stage": stage} if stage else {})}
        if what != "fine":
            acts.append((customer, "contact" if what == "contact" else "low_score", causes, stage))
    write(rows)
    label(labels)
    return acts + departures(record, rows, labels)


def departures(record: Record, rows: list[dict[str, Any]], labels: dict[str, Any]) -> list[Act]:
    """30 customers leave at the end of March: with what each named last, or lived through unnamed."""
    gone, found = date(2026, 3, 31), []
    ids = [f"c{number}" for number in range(25)] + [f"silent{number}" for number in range(5)]
    until = pa.array([gone] * len(ids), pa.date32())
    record.put_customers(pa.table({"customer_id": ids, "until": until}))
    for customer in ids:
        said = [row for row in rows if row["customer_id"] == customer and row["local_date"] <= gone]
        said.sort(key=lambda row: (not labels[row["record_id"]]["causes"], -row["occurred_at"].timestamp()))
        last = labels[said[0]["record_id"]] if said else {}
        found.append((customer, "left", frozenset(last.get("causes", ())), last.get("stage", "")))
    return found  # type: ignore[return-value]


def expected(acts: list[Act], *, customers: bool) -> Counter[tuple[str, str, str]]:
    """The same river by hand: shared over the acts of a customer, and over the causes that count."""
    of_customer = Counter(act[0] for act in acts)
    found: Counter[tuple[str, str, str]] = Counter()
    for customer, symptom, causes, stage in acts:
        weight = 1 / of_customer[customer] if customers else 1.0
        kind = kind_of(causes, RETAIL)
        keys = causes_that_count(causes, RETAIL) if kind == "failure" else [kind]
        for key in keys:
            found[key, stage, symptom] += weight / len(keys)  # type: ignore[assignment]
    return found


def flows_of(found: River) -> dict[tuple[str, str, str], float]:
    return {
        (stream.key, stage, symptom): value
        for stream in found.streams
        for (stage, symptom), value in stream.flows.items()
    }


def test_every_act_counts_once_whatever_its_tone(acts: list[Act]) -> None:
    found = river()
    assert flows_of(found) == pytest.approx(expected(acts, customers=False))
    assert found.volume == pytest.approx(len(acts))
    assert sum(one.share.estimate for one in found.streams if isinstance(one.share, Estimate)) == pytest.approx(1)


def test_every_customer_counts_once_shared_by_what_they_did(acts: list[Act]) -> None:
    found = river(width="customers")
    assert flows_of(found) == pytest.approx(expected(acts, customers=True))
    assert found.volume == pytest.approx(len({act[0] for act in acts}))


def test_a_selection_is_a_river_of_its_own(acts: list[Act]) -> None:
    march = river(Selection(since=FIRST, until=date(2026, 3, 31)))
    assert march.of(symptom="left") == 30
    assert river(Selection(since=date(2026, 4, 1))).of(symptom="left") == 0
    assert river(Selection.read(where="kind = 'survey'")).of(symptom="contact") == 0
    assert sum(march.of(stage=stage) for stage in (*STAGES, "")) == pytest.approx(march.volume)


def test_what_no_failure_upstream_brought_stands_beside_and_is_never_spread(acts: list[Act]) -> None:
    found = river()
    by_kind: dict[str, float] = defaultdict(float)
    for stream in found.streams:
        by_kind[stream.kind] += stream.value
        assert (stream.cause is not None) == (stream.kind == "failure")
    assert set(by_kind) == {"failure", "service", "value", "unknown"}
    unknown = [act for act in acts if kind_of(act[2], RETAIL) == "unknown"]
    assert by_kind["unknown"] == pytest.approx(len(unknown))


def test_money_needs_finance_and_carries_its_ends(acts: list[Act], person_with: Callable[..., Person]) -> None:
    ensure_company(name="Test company", pack="retail")
    assert isinstance(river(width="money").total, NoVerdict)
    executive = person_with("executive")
    given = {"value": 6, "low": 5, "high": 8, "source": "Accounts"}
    finance.enter(executive, "cost_per_contact", given, seen=0)
    found = river(width="money")
    contacts = sum(act[1] == "contact" for act in acts)
    assert found.unpriced == ("low_score", "left")
    assert isinstance(found.total, Estimate)
    assert (found.total.low, found.total.estimate, found.total.high) == (5 * contacts, 6 * contacts, 8 * contacts)
    assert found.volume == pytest.approx(6 * contacts)
    assert any("Accounts" in line for line in found.assumptions)
    assert "Accounts" in width_note(found)


@pytest.fixture
def buyers(write: Write, person_with: Callable[..., Person]) -> list[tuple[str, list[int], int | None]]:
    """60 customers with days of orders (from the first on), some with a day of notice; finance signed who is lost."""
    random, rows, customers = Random(11), [], []
    for number in range(60):
        orders = sorted(random.sample(range(200), random.choice((1, 3, 4, 6))))
        notice = orders[-1] + 5 if number % 9 == 0 else None
        customers.append((f"b{number}", orders, notice))
        days = [(day, "order_placed") for day in orders] + ([(notice, "notice_given")] if notice else [])
        for day, event in days:
            at = datetime(2026, 3, 1, 9) + timedelta(days=day)
            row = {"record_id": f"{event}{number}-{day}", "kind": "event", "event": event, "customer_id": f"b{number}"}
            rows.append({**row, "occurred_at": at, "local_date": at.date(), "amount": 10.0, "currency": "EUR"})
    write(rows)
    executive = person_with("executive")
    finance.enter(executive, "active", {"events": ["order_placed"], "days": 30, "source": "Accounts"}, seen=0)
    finance.enter(executive, "lost", {"events": ["notice_given"], "days": 40, "source": "Accounts"}, seen=0)
    return customers


def test_who_left_is_who_finance_signed_as_lost(
    buyers: list[tuple[str, list[int], int | None]], person_with: Callable[..., Person]
) -> None:
    assert river().lost is None
    other = person_with("executive")
    for key in ("active", "lost"):
        finance.sign(other, key, seen=1)
    until = date(2026, 7, 31)
    found = river(Selection(since=date(2026, 7, 1), until=until))
    last = max(max(orders + ([notice] if notice else [])) for _name, orders, notice in buyers)
    assert found.lost is not None
    assert found.lost.last_day == FIRST + timedelta(days=last)
    lost = 0
    for _name, orders, notice in buyers:
        ends = [day + 40 for day, after in zip(orders, [*orders[1:], 10_000], strict=True) if after > day + 40]
        if notice:
            ends = [day for day in ends if day < notice] + [notice]
        lost += any(date(2026, 7, 1) <= FIRST + timedelta(days=day) <= until for day in ends)
    assert found.of(symptom="left") == lost
    assert "40 days without a sign of being active (order_placed), or notice_given" in departure_note(found)


def test_the_forest_asks_who_was_lost_only_once_finance_has_signed_it(
    buyers: list[tuple[str, list[int], int | None]],
    person_with: Callable[..., Person],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    ask = Record.ask
    monkeypatch.setattr(Record, "ask", lambda self, question: (asked.append(question), ask(self, question))[1])
    assert forest(Selection()).river.lost is None
    assert not [one for one in asked if isinstance(one, Returning) or getattr(one, "lost", None)]
    other = person_with("executive")
    for key in ("active", "lost"):
        finance.sign(other, key, seen=1)
    assert forest(Selection()).river.lost is not None
    assert sum(isinstance(one, Returning) for one in asked) == 1


def test_causes_with_less_than_nothing_are_said_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    cause = RETAIL.cause("delivery_late")
    assert cause is not None
    excess = Estimate(-12.0, -20.0, -4.0, 100, "test")
    found = River("acts", (), excess, beginnings(Selection()), fewer=(Fewer(cause, "contact", excess),))
    assert f"“{cause.name}” −12 contacts (−20 to −4)" in fewer_note(found)


def test_the_sentence_names_the_month_the_calls_and_the_places(acts: list[Act], write: Write, label: Label) -> None:
    call = {"kind": "contact", "channel": "phone", "text": "words", "local_date": date(2026, 5, 4)}
    write([{**call, "record_id": f"call{number}", "customer_id": f"k{number}"} for number in range(40)])
    label({f"call{number}": {"causes": ["delivery_late" if number < 20 else "praise"]} for number in range(40)})
    may = Selection.read(where="channel = 'phone'", since="2026-05-01", until="2026-05-31")
    sentence = river_sentence(river(may), may)
    assert sentence.startswith("50")
    assert "of the calls that customer service took in May 2026" in sentence
    assert "one place outside it" in sentence


def test_nothing_is_claimed_where_nothing_happened(record: Record) -> None:
    found = river()
    assert found.streams == ()
    assert river_sentence(found, Selection())


def test_kinds_are_corrected_for_the_classifier_and_say_what_was_labelled(acts: list[Act]) -> None:
    """Of what is truly failure demand the classifier here misses a third: the corrected share is higher."""
    before = river().contacts
    assert not before.corrected
    said = [(["delivery_late"], ["delivery_late"])] * 100 + [(["delivery_late"], [])] * 50
    said += [([], [])] * 100 + [(["praise"], ["praise"])] * 50 + [(["service_unhelpful"], ["service_unhelpful"])] * 50
    AuditItem.objects.bulk_create(
        AuditItem(
            signal_key=number, seed=1, truth={"causes": truth}, predicted={"causes": found}, labelled_at=timezone.now()
        )
        for number, (truth, found) in enumerate(said)
    )
    after = river().contacts
    share, counted = after.kind("failure").share, after.kind("failure").counted
    assert after.corrected
    assert isinstance(share, Estimate)
    assert isinstance(counted, Estimate)
    assert share.estimate == pytest.approx(counted.estimate * 1.5, abs=0.01)
    assert share.high - share.low > counted.high - counted.low
    assert sum(row.share.estimate for row in after.kinds if isinstance(row.share, Estimate)) == pytest.approx(1)
    assert "as labelled it was" in demand_note(after)


def test_the_page_leads_down_and_guards_money(
    acts: list[Act], person_with: Callable[..., Person], client: Client
) -> None:
    ensure_company(name="Test company", pack="retail")
    assert client.get("/river").status_code == 302
    client.force_login(person_with("employee"))
    page = client.get("/river?since=2026-03-01").content.decode()
    assert river_sentence(river(Selection(since=FIRST)), Selection(since=FIRST)) in page
    assert "/causes/delivery_late?since=2026-03-01" in page
    assert client.get("/river?width=money").status_code == 403
    assert client.get("/river?where=nonsense+%3D").status_code == 400
    assert client.get("/api/v1/river?width=money").status_code == 403
    assert client.get("/api/v1/river?width=gold").status_code == 422
    client.force_login(person_with("executive"))
    assert "Finance has not said" in client.get("/river?width=money").content.decode()


def test_programs_and_files_get_the_same_figures(
    acts: list[Act], person_with: Callable[..., Person], client: Client
) -> None:
    client.force_login(person_with("analyst"))
    answer = client.get("/api/v1/river").json()
    values = {
        (stream["cause"] or stream["kind"], flow["stage"] or "", flow["symptom"]): flow["value"]
        for stream in answer["streams"]
        for flow in stream["flows"]
    }
    assert values == pytest.approx(expected(acts, customers=False))
    file = client.get("/river.csv").content.decode().splitlines()
    assert len(file) == 1 + len(values)
    assert file[0] == "beginning,kind,departments,stage,symptom,acts"
