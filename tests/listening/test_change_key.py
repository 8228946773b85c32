"""A new key seals everything that the installation's key sealed before; whatever happens meanwhile, nothing is lost."""

import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from headwater.base.models import Company, HistoryEntry, Job, Person
from headwater.base.permissions import NotAllowed
from headwater.base.worker import run_due
from headwater.listening import inbox, services
from headwater.listening.connections.credentials import credentials_of, sealed
from headwater.listening.models import Connection, ErasureRequest, Source, WebhookEndpoint
from headwater.listening.personal import crypto, retention, rewrapping, rules, vault
from headwater.record.keys import signal_key

SECRET = {"token": "a secret of the desk"}
WORDS = "my card is 4111111111111111"
HOOK = "whsec_abc"


@pytest.fixture
def kept(ours: Company) -> Callable[[], None]:
    """One of everything that is sealed, and the check that all of it is readable."""
    rules.change_rules(None, 0, vault=True)
    rows = [{"record_id": str(n), "kind": "contact", "text": WORDS, "customer_id": f"c{n}"} for n in range(3)]
    services.receive_signals(rows, source="desk", person=None)
    inbox.flush()
    for name in ("desk", "shop"):
        connection(name, sealed("rest", SECRET))
    connection("folder", None)
    WebhookEndpoint.objects.create(title="Theirs", url="https://example.com", secret=crypto.encrypt(HOOK.encode()))
    ErasureRequest.objects.create(customer="0" * 32, sealed_id=crypto.encrypt(b'["c9"]'))
    ErasureRequest.objects.create(customer="1" * 32, state="done")

    def is_readable() -> None:
        assert [credentials_of(one) for one in Connection.objects.order_by("pk")] == [SECRET, SECRET, {}]
        assert crypto.decrypt(bytes(WebhookEndpoint.objects.get().secret)) == HOOK.encode()
        assert json.loads(crypto.decrypt(bytes(ErasureRequest.objects.get(state="waiting").sealed_id))) == ["c9"]
        for n in range(3):
            assert vault.view_original(None, signal_key("desk", str(n)), "a test of keys") == WORDS

    return is_readable


def connection(name: str, credentials: bytes | None) -> Connection:
    source, _made = Source.objects.get_or_create(name=name)
    return Connection.objects.create(name=name, kind="rest", source=source, credentials=credentials)


def only_newest(home: Path) -> None:
    path = home / crypto.KEY_FILE
    path.write_text(path.read_text().split()[0])


def test_with_a_new_key_nothing_needs_the_earlier_ones(kept: Callable[[], None], ours: Company, home: Path) -> None:
    rewrapping.new_key(None)
    kept()  # at once
    run_due()
    only_newest(home)
    kept()
    assert HistoryEntry.objects.get(code="personal_data.rewrapped").data == {"done": 7, "unreadable": 0}
    assert rewrapping.rewrap() == rewrapping.Rewrapped(0, 0)  # what is done is not done again


@pytest.mark.parametrize("after", range(4))
def test_a_run_that_is_cut_off_leaves_nothing_unreadable_and_goes_on(
    kept: Callable[[], None], home: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(rewrapping, "AT_ONCE", 1)
    crypto.add_key()
    calls = 0

    def killed(done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rewrapping.rewrap(killed)
    kept()
    retention.expire_beside()  # each night, while there are several keys
    only_newest(home)
    kept()


def test_a_credential_that_is_saved_meanwhile_stays(kept: Callable[[], None], home: Path) -> None:
    rewrapping.new_key(None)
    newer = {"token": "saved after the new key"}
    Connection.objects.filter(name="desk").update(credentials=sealed("rest", newer))
    run_due()
    only_newest(home)
    assert credentials_of(Connection.objects.get(name="desk")) == newer


def test_what_no_key_opens_is_counted_and_stops_nothing(kept: Callable[[], None], home: Path) -> None:
    lost = Fernet(Fernet.generate_key()).encrypt(b"{}")
    connection("lost", lost)
    crypto.add_key()
    assert rewrapping.rewrap() == rewrapping.Rewrapped(7, 1)
    assert bytes(Connection.objects.get(name="lost").credentials or b"") == lost


@pytest.mark.parametrize("role", ["employee", "analyst", "executive", "cx_team", "department_manager"])
def test_only_who_manages_personal_data_changes_the_key(ours: Company, home: Path, role: str) -> None:
    crypto.encrypt(b"x")
    before = (home / crypto.KEY_FILE).read_text()
    with pytest.raises(NotAllowed):
        rewrapping.new_key(Person.objects.create(email="p@example.com", name="P", roles=[role]))
    assert (home / crypto.KEY_FILE).read_text() == before
    assert not Job.objects.filter(name=rewrapping.TASK).exists()


def _add(home: str) -> None:
    os.environ["HEADWATER_HOME"] = home
    for _time in range(3):
        crypto.add_key()


def test_several_new_keys_at_once_are_all_kept(home: Path) -> None:
    token = crypto.encrypt(b"first")
    (home / f"{crypto.KEY_FILE}.1.new").write_text("left by somebody who was cut off")
    processes = [multiprocessing.get_context("fork").Process(target=_add, args=(str(home),)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    keys = (home / crypto.KEY_FILE).read_text().split()
    assert len(set(keys)) == 13
    assert crypto.decrypt(token) == b"first"
    assert sorted(path.name for path in home.iterdir()) == [crypto.KEY_FILE]
