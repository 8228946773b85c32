"""An erased customer whom a source goes on sending stays away, until they come back or somebody lets them."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from headwater.base import paths
from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.listening import inbox, services
from headwater.listening.commands import replay_erasures_command
from headwater.listening.connections import running
from headwater.listening.connections import services as connections
from headwater.listening.mapping import Emit, from_yaml
from headwater.listening.models import Addressee, Consent, ErasedCustomer, Import, SetAsideRow
from headwater.listening.personal import consent, database_pages, erasing, holding_off, pseudonyms, replay, rules
from headwater.listening.personal.crypto import HASH_FILE, keyed_hash
from headwater.listening.personal.database_pages import StillInUse
from headwater.listening.pipeline import Chunk, Context, steps
from headwater.listening.surveys import addressees, contacts
from headwater.listening.surveys.contact_rules import Allowed, Denied
from headwater.metrics.store import company_record
from headwater.record.questions import Timeline
from tests.listening.answered import ASKED, published
from tests.listening.conftest import FileMaker
from tests.listening.test_webhooks_in import SECRET
from tests.listening.test_webhooks_in import send as send_message

ERASED, OTHER = "ada@example.com", "bo@example.com"
MAPPING = """
version: 1
source: %s
emit:
  - kind: contact
    fields: {record_id: id, occurred_at: {column: date, format: '%%Y-%%m-%%d'}, customer_id: customer_id, text: comment}
"""
CONTEXT = Context("s", Emit(kind="contact", fields={"text": "comment"}), "UTC", None, datetime(2026, 3, 1))
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def send(customer: str, record_id: str = "1", source: str = "desk") -> Any:
    row = {"record_id": record_id, "kind": "contact", "text": "It never came", "customer_id": customer}
    (result,) = services.receive_signals([row], source=source, person=None)
    inbox.flush()
    return result


def known(customer: str) -> int:
    return len(company_record().ask(Timeline(customer)).rows)


@pytest.fixture
def erased(ours: Company) -> None:
    send(ERASED)
    services.erase_customer(None, ERASED)
    assert not known(ERASED)


def test_a_program_is_told_why_it_is_refused(erased: None) -> None:
    refused = send(ERASED, "2")
    assert (refused.state, refused.code) == ("refused", "erased_customer")
    assert ERASED not in str(refused.message)
    assert send(OTHER, "3").state == "received"
    assert (known(ERASED), known(OTHER)) == (0, 1)


def test_a_file_brings_nobody_back_and_keeps_nothing_of_the_row(erased: None, make_file: FileMaker, home: Path) -> None:
    path = make_file("cases.csv", f"id,date,customer_id,comment\n1,2026-03-01,{ERASED},My secret words\n"
                     f"2,2026-03-02,{OTHER},It came late\n3,2026-03-03,,Nobody said this\n")  # fmt: skip
    outcome = services.import_file(path, mapping=from_yaml(MAPPING % "cases"))
    assert (outcome.accepted, outcome.set_aside, outcome.reasons) == (2, 1, {"erased_customer": 1})
    row = SetAsideRow.objects.get()
    assert (row.row, row.code, row.values) == (2, "erased_customer", {})
    assert (known(ERASED), known(OTHER)) == (0, 1)
    services.correct_rows(None, Import.objects.get(source__name="cases"), {row.pk: {"customer_id": ERASED}})
    assert known(ERASED) == 0
    for file in home.rglob("*"):
        assert not file.is_file() or file == path or b"My secret words" not in file.read_bytes(), file


def test_a_webhook_and_a_connection_bring_nobody_back(
    erased: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"])
    shop = connections.create(lead, name="shop", kind="webhook", options={}, credentials={"secret": SECRET})
    connections.keep_mapping(lead, shop, MAPPING % "shop")
    connections.start(lead, shop)
    rows = [{"id": "1", "date": "2026-03-01", "customer_id": ERASED, "comment": "It was broken"},
            {"id": "2", "date": "2026-03-01", "customer_id": OTHER, "comment": "It was late"}]  # fmt: skip
    answer = send_message(rows, name="shop")
    assert (answer.status_code, answer.json()["set_aside"]) == (200, 1)

    monkeypatch.setenv("HEADWATER_CONNECT_FOLDERS", str(tmp_path))
    with sqlite3.connect(tmp_path / "desk.sqlite") as made:
        made.execute("CREATE TABLE cases (id TEXT, date TEXT, customer_id TEXT, comment TEXT)")
        made.executemany("INSERT INTO cases VALUES (:id, :date, :customer_id, :comment)", rows)
    options = {"engine": "sqlite", "database": str(tmp_path / "desk.sqlite"), "query": "SELECT * FROM cases"}
    table = connections.create(lead, name="table", kind="database", options=options | {"cursor": "id"})
    connections.keep_mapping(lead, table, MAPPING % "table")
    connections.start(lead, table)
    table.refresh_from_db()
    running.run_connection(table)
    inbox.flush()
    assert (known(ERASED), known(OTHER)) == (0, 2)
    assert {row.code for row in SetAsideRow.objects.all()} == {"erased_customer"}
    assert not any(row.values for row in SetAsideRow.objects.all())


def test_nobody_erased_is_asked_or_reached(erased: None) -> None:
    found = addressees.receive(None, [{"customer_id": ERASED, "email": ERASED}, {"customer_id": OTHER, "email": OTHER}])
    assert (found.added, found.refused) == (1, 1)
    assert ERASED not in found.wrong[0].message
    assert not Addressee.objects.filter(customer_id=ERASED).exists()
    answers = contacts.decide([ERASED, OTHER], published(ASKED), "email", timezone.now())
    assert isinstance(answers[ERASED], Denied)
    assert isinstance(answers[OTHER], Allowed)


def test_an_id_and_its_pseudonym_are_one(erased: None) -> None:
    assert send(pseudonyms.pseudonym(ERASED), "2").code == "erased_customer"
    rules.change_rules(None, 0, pseudonyms=True)
    assert send(ERASED, "3", "newer source").code == "erased_customer"
    assert send(OTHER, "4", "newer source").state == "received"
    assert known(pseudonyms.pseudonym(OTHER)) == 1
    services.erase_customer(None, OTHER)
    assert send(OTHER, "5").code == "erased_customer"


def given(at: datetime, *, is_given: bool = True) -> list[consent.Given]:
    return [consent.Given(ERASED, "email", "survey", is_given, at), consent.Given(OTHER, "email", "survey", True, at)]


def test_a_consent_given_afterwards_brings_them_back_and_an_earlier_one_does_not(
    erased: None, django_capture_on_commit_callbacks: Any
) -> None:
    earlier = timezone.now() - timedelta(days=1)
    assert consent.record_consent(None, given(earlier), origin="shop") == 1  # the other's alone
    assert consent.record_consent(None, given(timezone.now(), is_given=False), origin="shop") == 1
    assert consent.record_consent(None, given(timezone.now()), origin="a sync", renews=False) == 1
    assert not Consent.objects.filter(customer_id=ERASED).exists()
    assert send(ERASED, "2").code == "erased_customer"
    with django_capture_on_commit_callbacks(execute=True):
        assert consent.record_consent(None, given(timezone.now()), origin="the shop's desk") == 2
    assert send(ERASED, "2").state == "received"
    entry = HistoryEntry.objects.get(code="customer.came_back")
    assert entry.data == {"customers": 1}
    assert (holding_off.count(), replay.remembered(paths.home() / replay.FILE)) == (0, {})


def test_erased_once_more_an_older_yes_counts_no_longer(erased: None) -> None:
    again, before = timezone.now() + timedelta(days=90), timezone.now() + timedelta(days=40)
    holding_off.hold_off([ERASED], since=again)
    assert ErasedCustomer.objects.get(customer=pseudonyms.hasher()(ERASED)).since == again
    assert holding_off.came_back({ERASED: before}) == frozenset()
    holding_off.hold_off([ERASED], since=before)
    assert holding_off.came_back({ERASED: again + timedelta(days=1)}) == {ERASED}


def test_a_column_without_a_time_of_its_own_brings_nobody_back(erased: None, make_file: FileMaker) -> None:
    said = """consent:
  - {column: news, customer: customer_id, purpose: survey, channel: email, given: [y], withdrawn: [n]}
"""
    path = make_file(
        "cases.csv", f"id,date,customer_id,comment,news\n1,2026-03-01,{ERASED},Words,y\n2,2026-03-01,{OTHER},W,y\n"
    )
    services.import_file(path, mapping=from_yaml(MAPPING % "cases" + said))
    assert list(Consent.objects.values_list("customer_id", flat=True)) == [OTHER]
    assert known(ERASED) == 0


def test_who_manages_personal_data_lets_them_back_with_a_reason(erased: None, client: Client) -> None:
    cx = Person.objects.create(email="cx@example.com", name="CX", roles=["administrator"])
    client.force_login(cx, backend=BACKEND)
    page = client.get("/personal-data").content.decode()
    assert "One erased id is refused on arrival" in page
    assert ERASED not in page
    for sent, said in (
        ({"customer_id": ERASED, "reason": "no"}, "5 to 300 characters"),
        ({"customer_id": OTHER, "reason": "they asked us to"}, "not held off"),
        ({"customer_id": ERASED}, "required"),
    ):
        answer = client.post("/personal-data/let-back", sent)
        assert answer.status_code == 400
        assert said in answer.content.decode()
    assert (
        client.post("/personal-data/let-back", {"customer_id": ERASED, "reason": "They signed up anew"}).status_code
        == 302
    )
    entry = HistoryEntry.objects.get(code="customer.let_back")
    assert (entry.data, entry.subject, entry.actor) == ({"reason": "They signed up anew"}, "customer", cx)
    assert send(ERASED, "2").state == "received"


@pytest.mark.parametrize("role", ["employee", "analyst", "executive", "department_manager", ""])
def test_nobody_else_lets_them_back(erased: None, role: str) -> None:
    who = Person.objects.create(email="p@example.com", name="P", roles=[role] if role else [])
    with pytest.raises(NotAllowed):
        holding_off.let_back(who, ERASED, "because I say so")
    assert holding_off.count() == 1


def test_the_list_tells_nothing_without_the_key(erased: None, home: Path) -> None:
    (row,) = ErasedCustomer.objects.all()
    assert row.customer == keyed_hash(ERASED)
    (home / HASH_FILE).write_text("bm90IHRoZSBrZXkgb2YgdGhpcyBpbnN0YWxsYXRpb24=")
    assert row.customer != keyed_hash(ERASED)


def test_a_list_kept_outside_of_a_backup_holds_them_off_after_a_restore(erased: None, tmp_path: Path) -> None:
    safe = tmp_path / "safe"
    safe.write_bytes((paths.home() / replay.FILE).read_bytes())
    ErasedCustomer.objects.all().delete()  # as a backup from before the erasure knows nothing of it
    assert CliRunner().invoke(replay_erasures_command, [str(safe), "--yes"]).exit_code == 0
    assert send(ERASED, "2").code == "erased_customer"


def test_what_was_on_its_way_when_they_were_put_on_the_list_does_not_stay(
    ours: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(ERASED)
    rewrite = database_pages.rewrite

    def meanwhile() -> None:
        rewrite()
        ErasedCustomer.objects.all().delete()  # the pipeline of a program's rows looked before there was a list
        send(ERASED, "2")

    request = erasing.ask_erasure(None, ERASED)
    with monkeypatch.context() as patched:
        patched.setattr(database_pages, "rewrite", meanwhile)
        with pytest.raises(StillInUse):
            erasing.run(request)
    request.refresh_from_db()
    erasing.run(request)
    assert known(ERASED) == 0
    assert send(ERASED, "3").code == "erased_customer"


def test_one_look_a_distinct_customer() -> None:
    asked: list[str | None] = []

    def erased(ids: Sequence[str | None]) -> frozenset[str]:
        asked.extend(ids)
        return frozenset(["c1"])

    ids = pa.array([f"c{n % 3}" if n % 4 else None for n in range(1_000)])
    chunk = Chunk(pa.table({"id": ids}), np.arange(1_000), {"customer_id": ids})
    context = replace(CONTEXT, erased=erased, why_erased="they were erased.")
    done = steps.hold_off(chunk, context)
    assert sorted(one for one in asked if one) == ["c0", "c1", "c2"]
    assert "c1" not in done.fields["customer_id"].to_pylist()
    assert len(done) + len(done.set_aside) == 1_000
    assert all(one.values == {} and one.code == "erased_customer" for one in done.set_aside)
