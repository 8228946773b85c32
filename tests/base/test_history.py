"""What was done is written with the change, and told as a sentence."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

import headwater
from headwater.base.history import record_history, register_codes, sentence, sentences
from headwater.base.models import Department, HistoryEntry, Person

SOURCES = Path(headwater.__file__).parent
USED = re.compile(r"""record_history\(\s*[\w.]+,\s*["'](\w+\.\w+)["']|_record\(\s*[\w.]+,\s*["'](\w+\.\w+)["']""")


def test_every_code_used_in_the_tree_is_registered_with_a_sentence() -> None:
    used = {}
    for file in SOURCES.rglob("*.py"):
        text = file.read_text()
        for codes in USED.findall(text):
            used["".join(codes)] = file.name
    assert "department.added" in used
    assert {code: file for code, file in used.items() if code not in sentences()} == {}


def test_every_sentence_can_be_told_even_of_an_entry_that_lacks_data() -> None:
    for code in sentences():
        assert sentence(code, {})


def test_an_entry_is_told_as_a_sentence_from_its_data() -> None:
    assert sentence("department.renamed", {"old": "Ops", "new": "Operations"}) == (
        "renamed the department Ops to Operations"
    )


def test_an_entry_of_a_code_that_is_no_longer_known_shows_the_code() -> None:
    assert sentence("dragon.slain", {}) == "dragon.slain"


@pytest.mark.django_db(transaction=True)
def test_a_change_and_its_entry_stand_or_fall_together() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record_history(None, "department.added", "department:1", {"name": "Sales"})

    def fails_after_recording() -> None:
        with transaction.atomic():
            record_history(None, "department.added", "department:1", {"name": "Sales"})
            raise KeyError

    with pytest.raises(KeyError):
        fails_after_recording()
    assert not HistoryEntry.objects.exists()


@pytest.mark.django_db
def test_a_code_without_a_sentence_is_refused_when_it_is_used() -> None:
    with pytest.raises(ValueError, match=r"codes\.py"):
        record_history(None, "department.painted", "department:1", {})


@pytest.mark.parametrize("code", ["Department.added", "added", "department added", "department.added.twice"])
def test_a_code_is_a_thing_and_what_was_done_to_it(code: str) -> None:
    with pytest.raises(ValueError, match="no history code"):
        register_codes({code: "x"})


@pytest.mark.django_db
def test_the_actor_s_name_stays_when_the_actor_is_gone(administrator: Person) -> None:
    record_history(administrator, "department.added", "department:1", {"name": "Sales"})
    name = administrator.name
    administrator.delete()
    entry = HistoryEntry.objects.get()
    assert (entry.actor, entry.actor_name) == (None, name)


@pytest.fixture
def three_entries(administrator: Person, employee: Person, make_person: Callable[..., Person]) -> dict[str, Person]:
    sales = Department.objects.create(name="Sales")
    seller = make_person("employee", department=sales, name="Seller")
    head = make_person("manager", name="Head of sales")
    sales.head = head
    sales.save()
    record_history(administrator, "department.added", "department:1", {"name": "Marketing"})
    record_history(seller, "token.created", "token:1", {"name": "Till"})
    record_history(employee, "token.revoked", "token:2", {"name": "Old"})
    HistoryEntry.objects.filter(code="department.added").update(at=timezone.now() - timedelta(days=3))
    return {"administrator": administrator, "seller": seller, "head": head, "employee": employee}


SEEN_BY = {
    "administrator": {"Marketing", "Till", "Old"},
    "head": {"Till"},
    "seller": {"Till"},
    "employee": {"Old"},
}


@pytest.mark.parametrize("who", list(SEEN_BY))
def test_people_read_their_own_history_heads_their_department_s_and_some_all(
    who: str, three_entries: dict[str, Person], browser_of: Callable[..., Client]
) -> None:
    page = browser_of(three_entries[who]).get("/history").content.decode()
    assert {name for name in ("Marketing", "Till", "Old") if f" {name}</p>" in page} == SEEN_BY[who]


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("thing=token", {"Till", "Old"}),
        ("subject=token:1", {"Till"}),
        (f"until={(timezone.now() - timedelta(days=2)).date()}", {"Marketing"}),
        (f"since={(timezone.now() - timedelta(days=2)).date()}", {"Till", "Old"}),
        ("since=never&thing=%00", {"Marketing", "Till", "Old"}),
    ],
)
def test_the_history_narrows_by_what_and_when(
    query: str, seen: set[str], three_entries: dict[str, Person], browser_of: Callable[..., Client]
) -> None:
    page = browser_of(three_entries["administrator"]).get(f"/history?{query}").content.decode()
    assert {name for name in ("Marketing", "Till", "Old") if f" {name}</p>" in page} == seen


def test_words_in_the_history_cannot_become_markup(administrator: Person, browser_of: Callable[..., Client]) -> None:
    record_history(administrator, "department.added", "department:1", {"name": "<script>alert(1)</script>"})
    page = browser_of(administrator).get("/history").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_stranger_is_sent_to_sign_in(browser_of: Callable[..., Client]) -> None:
    response = browser_of().get("/history")
    assert response.status_code == 302
    assert response["Location"] == "/account/login/?next=/history"
