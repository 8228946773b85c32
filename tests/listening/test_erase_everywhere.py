"""A customer who is erased is nowhere under the data folder any more, and the request says so only then."""

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from django.db import transaction

from headwater.base import worker
from headwater.base.history import record_history
from headwater.base.models import Company, HistoryEntry, Job, OutboxMail, Person
from headwater.base.outbox import put_mail
from headwater.base.paths import home
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening import inbox, services
from headwater.listening.commands import replay_erasures_command
from headwater.listening.models import (
    Addressee,
    ErasedCustomer,
    ErasureRequest,
    Import,
    SetAsideRow,
    Source,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from headwater.listening.personal import erasing, exporting, replay, rules
from headwater.metrics.store import close_company_record, company_record
from headwater.record.questions import Verbatims

ROOT = Path(__file__).parents[2]
CUSTOMER, EMAIL, WORD = "cust-zebulon-4711", "zebulon.quagga@example.org", "quaggamire"
OTHER = "cust-other-1"
NEEDLES = (CUSTOMER, EMAIL, WORD)


@pytest.fixture
def home_of_file(home: Path, transactional_db: None) -> Iterator[Path]:
    close_company_record()
    yield home
    close_company_record()


def traces(folder: Path, needles: tuple[str, ...]) -> list[str]:
    """Where any needle is: in bytes as they lie, in what Parquet files decode to, in batches of a database file."""
    found = []
    for path in (one for one in folder.rglob("*") if one.is_file()):
        held = path.read_bytes()
        if path.suffix == ".parquet":
            held += repr(pq.read_table(path).to_pylist()).encode()
        if path.name == "headwater.sqlite3":
            with sqlite3.connect(path) as database:
                for (packed,) in database.execute("SELECT signals FROM listening_inboxbatch"):
                    held += repr(inbox.unpack(packed).to_pylist()).encode()
        found += [f"{path.relative_to(folder)}: {one}" for one in needles if one.encode() in held]
    return found


@pytest.mark.long
def test_every_byte_of_an_erased_customer_is_gone(tmp_path: Path) -> None:
    """On an installation of its own: record, inbox, tables, rows set aside, mails, vault, journal and free pages."""
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    elsewhere.mkdir()
    environment = {**os.environ, "HEADWATER_HOME": str(data), "TMPDIR": str(elsewhere), "PYTHONPATH": str(ROOT)}
    environment.pop("HEADWATER_DATABASE_URL", None)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.listening.erased_installation"],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "filled\n"
        before = traces(data, NEEDLES)
        assert {line.split(": ")[1] for line in before} == set(NEEDLES), "the search finds what is there"
        assert any(line.startswith("headwater.sqlite3") for line in before)
        process.stdin.write("go on\n")
        process.stdin.flush()
        assert process.stdout.readline() == "erased\n"
        assert traces(data, NEEDLES) == []
        process.stdin.write("end\n")
    assert process.returncode == 0
    assert traces(data, NEEDLES) == []


def signal(record_id: str, customer: str, text: str) -> dict[str, str]:
    return {"record_id": record_id, "customer_id": customer, "text": text, "kind": "contact"}


@pytest.mark.django_db(transaction=True)
def test_an_erasure_that_cannot_end_yet_says_why_and_ends_the_next_time(
    home_of_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.receive_signals([signal("1", CUSTOMER, WORD)], source="desk", person=None)
    request = erasing.ask_erasure(None, CUSTOMER)
    monkeypatch.setattr(erasing.left_files, "any_being_read", lambda: True)
    worker.run_due()
    request.refresh_from_db()
    assert request.state == ErasureRequest.State.FAILED
    assert "imported" in request.error
    assert bytes(request.sealed_id), "the id is kept until it is done"
    monkeypatch.setattr(erasing.left_files, "any_being_read", lambda: False)
    again = erasing.ask_erasure(None, CUSTOMER)
    assert again.pk == request.pk, "asked twice, it is one request"
    erasing.run(again)
    again.refresh_from_db()
    assert again.state == ErasureRequest.State.DONE
    assert traces(home_of_file, (CUSTOMER,)) == []


@pytest.mark.django_db(transaction=True)
def test_a_restored_backup_is_made_to_forget_again(home_of_file: Path) -> None:
    row = signal("1", CUSTOMER, WORD)
    services.receive_signals([row, signal("2", OTHER, "fine")], source="desk", person=None)
    services.erase_customer(None, CUSTOMER)
    assert replay.came_back(home_of_file / replay.FILE) == []
    ErasedCustomer.objects.all().delete()  # as in a backup from before the erasure, which brings it back
    services.receive_signals([row], source="desk", person=None)
    inbox.flush()
    assert replay.came_back(home_of_file / replay.FILE) == [CUSTOMER]
    assert CUSTOMER not in (home_of_file / replay.FILE).read_text()


@pytest.mark.django_db(transaction=True)
def test_a_pseudonymous_customer_is_found_by_the_plain_id(home_of_file: Path) -> None:
    rules.change_rules(None, 0, pseudonyms=True)
    services.receive_signals([signal("1", CUSTOMER, WORD), signal("2", OTHER, "fine")], source="desk", person=None)
    inbox.flush()
    assert traces(home_of_file, (CUSTOMER,)) == []
    packed = exporting.export_customer(None, CUSTOMER)
    document = json.loads(zipfile.ZipFile(BytesIO(packed)).read("customer.json"))
    assert [row["text"] for row in document["tables"]["signals"]] == [WORD]
    assert services.erase_customer(None, CUSTOMER).signals == 1
    assert traces(home_of_file, (WORD,)) == []


def test_only_who_may_erase_does(ours: object, analyst: Person) -> None:
    with pytest.raises(NotAllowed):
        erasing.ask_erasure(analyst, CUSTOMER)
    assert not ErasureRequest.objects.exists()


NAMES = ("kündin-4711", "客户四七一一", 'a"b\\c-99')


@pytest.mark.parametrize("name", NAMES)
def test_ids_that_json_writes_otherwise_are_found_in_every_table(ours: Company, name: str) -> None:
    arrival = Import.objects.create(source=Source.objects.create(name="desk"), file_name="a.csv", state="done")
    SetAsideRow.objects.create(arrival=arrival, row=2, code="bad_date", message="-", values={"who": name})
    kept = SetAsideRow.objects.create(arrival=arrival, row=3, code="bad_date", message="-", values={"who": OTHER})
    job = Job.objects.create(name="base.tidy", lane="quick", payload={"customer": name}, state=Job.State.DONE)
    with transaction.atomic():
        record_history(None, "source.mapped", f"customer:{name}", {"source": name})
    services.erase_customer(None, name)
    assert list(SetAsideRow.objects.all()) == [kept]
    assert not Job.objects.filter(pk=job.pk).exists()
    assert HistoryEntry.objects.get(code="source.mapped").data == {"source": "…"}


def test_what_is_kept_under_the_address_alone_goes_too(ours: Company) -> None:
    """A row set aside, what was told to another system, and messages of errors that quote the address."""
    arrival = Import.objects.create(source=Source.objects.create(name="desk"), file_name="a.csv", state="done")
    Addressee.objects.create(customer_id=CUSTOMER, email=EMAIL)
    SetAsideRow.objects.create(arrival=arrival, row=2, code="bad_date", message="-", values={"from": EMAIL})
    endpoint = WebhookEndpoint.objects.create(title="Ours", url="https://example.org", secret=b"-", events=[])
    told, other = (
        WebhookDelivery.objects.create(endpoint=endpoint, message_id=one, event="x", payload=json.dumps({"id": one}))
        for one in (EMAIL, OTHER)
    )
    said = WebhookAttempt.objects.create(delivery=other, response_head=f"unknown: {EMAIL}")
    put_mail("team@example.org", f"About {CUSTOMER}", "A case waits")
    services.erase_customer(None, CUSTOMER)
    assert not SetAsideRow.objects.exists()
    assert list(WebhookDelivery.objects.all()) == [other]
    said.refresh_from_db()
    assert (said.response_head, OutboxMail.objects.count()) == ("", 0)
    assert told.pk not in WebhookDelivery.objects.values_list("pk", flat=True)


def test_an_erasure_cut_off_after_the_record_still_knows_the_merged_ids(
    ours: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.receive_signals([signal("1", CUSTOMER, WORD), signal("2", "cust-old-0815", WORD)], source="a", person=None)
    inbox.flush()
    company_record().merge_customers("cust-old-0815", into=CUSTOMER)
    Addressee.objects.create(customer_id="cust-old-0815", email=EMAIL)
    request = erasing.ask_erasure(None, CUSTOMER)
    with monkeypatch.context() as killed:
        killed.setattr(erasing, "_from_tables", lambda ids: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            erasing.run(request)
    request.refresh_from_db()
    erasing.run(request)
    assert not Addressee.objects.exists()
    ErasedCustomer.objects.all().delete()
    services.receive_signals([signal("2", "cust-old-0815", WORD)], source="a", person=None)
    inbox.flush()
    assert replay.came_back(home() / replay.FILE) == ["cust-old-0815"], "each of the ids is on the list"


@pytest.mark.django_db(transaction=True)
def test_the_command_forgets_again_whoever_came_back(home_of_file: Path) -> None:
    rows = [signal("1", CUSTOMER, WORD), signal("2", OTHER, "fine")]
    services.receive_signals(rows, source="desk", person=None)
    services.erase_customer(None, CUSTOMER)
    ErasedCustomer.objects.all().delete()
    services.receive_signals(rows, source="desk", person=None)
    inbox.flush()
    earlier = home_of_file / "copied_away"
    earlier.write_text((home_of_file / replay.FILE).read_text())
    refused = CliRunner().invoke(replay_erasures_command, [str(earlier)], input="n\n")
    assert (refused.exit_code, replay.came_back(earlier)) == (1, [CUSTOMER])
    done = CliRunner().invoke(replay_erasures_command, [str(earlier), "--yes"])
    assert (done.exit_code, done.output) == (0, "Erased 1 customers again.\n")
    assert {row.customer_id for row in company_record().ask(Verbatims(limit=10)).rows} == {OTHER}
    again = CliRunner().invoke(replay_erasures_command, [str(earlier)])
    assert (again.exit_code, again.output) == (0, "Nobody on the list is here.\n")
    earlier.write_text("this is no list\n")
    wrong = CliRunner().invoke(replay_erasures_command, [str(earlier)])
    assert isinstance(wrong.exception, Refused)
