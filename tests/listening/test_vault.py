"""The vault and its keys: nothing is readable without them, and without a customer's key nothing of theirs."""

import multiprocessing
import stat
from pathlib import Path

import pytest

from headwater.base.models import Company
from headwater.base.refusals import NotFound, Refused
from headwater.listening import inbox, services
from headwater.listening.models import VaultEntry, VaultKey
from headwater.listening.personal import crypto, rules, vault
from headwater.record.keys import signal_key

TEXT = "my card is 4111111111111111"


def _first_token(home: str, answers: "multiprocessing.Queue[bytes]") -> None:
    import os

    os.environ["HEADWATER_HOME"] = home
    answers.put(crypto.encrypt(b"secret"))


def test_what_is_encrypted_comes_back_and_the_key_is_for_the_owner_alone(home: Path) -> None:
    token = crypto.encrypt(b"secret")
    assert b"secret" not in token
    assert crypto.decrypt(token) == b"secret"
    assert stat.S_IMODE((home / crypto.KEY_FILE).stat().st_mode) == 0o600
    with pytest.raises(crypto.Undecipherable):
        crypto.decrypt(token[:-4] + b"AAA=")


def test_two_first_uses_at_once_agree_on_one_key(home: Path) -> None:
    context = multiprocessing.get_context("fork")
    answers: multiprocessing.Queue[bytes] = context.Queue()
    processes = [context.Process(target=_first_token, args=(str(home), answers)) for _ in range(4)]
    for process in processes:
        process.start()
    tokens = [answers.get(timeout=30) for _ in processes]
    for process in processes:
        process.join()
    assert {crypto.decrypt(token) for token in tokens} == {b"secret"}
    assert sorted(path.name for path in home.iterdir()) == [crypto.KEY_FILE]


def test_an_old_key_still_opens_and_a_renewed_token_needs_the_new_one_alone(home: Path) -> None:
    token = crypto.encrypt(b"secret")
    crypto.add_key()
    assert crypto.decrypt(token) == b"secret"
    renewed = crypto.renewed(token)
    newest = (home / crypto.KEY_FILE).read_text().split()[0]
    (home / crypto.KEY_FILE).write_text(newest)
    assert crypto.decrypt(renewed) == b"secret"
    with pytest.raises(crypto.Undecipherable):
        crypto.decrypt(token)


def test_a_key_of_the_environment_prevails_and_is_changed_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.fernet import Fernet

    monkeypatch.setenv(crypto.KEY_VARIABLE, Fernet.generate_key().decode())
    assert crypto.decrypt(crypto.encrypt(b"x")) == b"x"
    assert not (home / crypto.KEY_FILE).exists()
    with pytest.raises(Refused):
        crypto.add_key()
    monkeypatch.setenv(crypto.KEY_VARIABLE, "no key")
    with pytest.raises(Refused, match="32 bytes"):
        crypto.encrypt(b"x")


def send(customer: str | None, record_id: str = "1", text: str = TEXT) -> None:
    row = {"record_id": record_id, "kind": "contact", "text": text} | ({"customer_id": customer} if customer else {})
    services.receive_signals([row], source="desk", person=None)
    inbox.flush()


def test_originals_are_kept_only_where_switched_on_and_only_of_customers_who_can_be_forgotten(ours: Company) -> None:
    send("a")
    assert not VaultEntry.objects.exists()
    rules.change_rules(None, 0, vault=True)
    send(None, "2")
    send("a", "3", "nothing personal")
    assert not VaultEntry.objects.exists()
    send("a", "4")
    send("b", "5")
    assert VaultEntry.objects.count() == 2
    sealed = b"".join(bytes(row.sealed) for row in VaultEntry.objects.all())
    assert b"4111" not in sealed
    assert vault.view_original(None, signal_key("desk", "4"), "a test of the vault") == TEXT


def test_without_the_customers_key_a_copy_of_the_vault_is_noise(ours: Company) -> None:
    rules.change_rules(None, 0, vault=True)
    send("a")
    copy = VaultEntry.objects.get()
    vault.forget_customers(["a"])
    assert not VaultKey.objects.exists()
    copy.pk = None
    copy.save(force_insert=True)
    with pytest.raises(NotFound, match="destroyed"):
        vault.view_original(None, copy.signal_key, "a test of the vault")
