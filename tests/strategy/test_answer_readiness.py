"""The readiness list: owners, dates, states, evidence and milestones, and who may change them."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import HistoryEntry, Person
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy import evidence_files, readiness
from headwater.strategy.readiness_questions import BY_KEY, QUESTIONS, Item, Milestone, Standing

pytestmark = pytest.mark.django_db
PersonWith = Callable[..., Person]
TODAY = date(2026, 6, 15)


@pytest.fixture
def owner(person_with: PersonWith) -> Person:
    return person_with("employee")


def file(name: str = "plan.pdf", content: bytes = b"%PDF-1.4 a plan") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_an_untouched_list_has_every_question_and_no_owner() -> None:
    assert [item.key for item in readiness.items()] == [question.key for question in QUESTIONS]
    standing = readiness.standing(TODAY)
    assert (standing.total, standing.owned, standing.overdue, standing.pay_on_score) == (11, 0, 0, None)


def test_an_editor_gives_a_question_an_owner_and_a_date(editor: Person, owner: Person) -> None:
    readiness.change_item(editor, "training", {"owner": owner, "due": TODAY})
    item = readiness.item("training")
    assert (item.owner, item.due, item.state) == (owner, TODAY, "open")
    assert HistoryEntry.objects.get(code="readiness.changed").data["fields"] == "due, owner"


def test_the_owner_says_how_far_it_is_but_not_whose_it_is(editor: Person, owner: Person) -> None:
    readiness.change_item(editor, "training", {"owner": owner, "due": TODAY})
    readiness.change_item(owner, "training", {"state": "under_way", "answer": "Two evenings a month."})
    assert readiness.item("training").state == "under_way"
    with pytest.raises(Refused, match="assign owners"):
        readiness.change_item(owner, "training", {"due": None})


def test_others_may_look_and_not_change(editor: Person, owner: Person, person_with: PersonWith) -> None:
    readiness.change_item(editor, "training", {"owner": owner})
    other = person_with("employee")
    for change in (
        lambda: readiness.change_item(other, "training", {"state": "done"}),
        lambda: readiness.add_milestone(other, "training", "First evening held"),
        lambda: readiness.attach_file(other, "training", file()),
        lambda: readiness.change_item(other, "hiring", {"state": "done"}),
    ):
        with pytest.raises(Refused) as refused:
            change()
        assert refused.value.status == 403


def test_a_token_carries_no_ownership(editor: Person, owner: Person) -> None:
    readiness.change_item(editor, "training", {"owner": owner})
    owner.token_scopes = frozenset({"view:strategy"})
    with pytest.raises(Refused) as refused:
        readiness.change_item(owner, "training", {"state": "done"})
    assert refused.value.status == 403


def test_what_is_overdue_is_due_for_its_owner(editor: Person, owner: Person) -> None:
    late, soon, far = TODAY - timedelta(days=3), TODAY + timedelta(days=5), TODAY + timedelta(days=60)
    readiness.change_item(editor, "training", {"owner": owner, "due": late})
    readiness.change_item(editor, "hiring", {"owner": owner, "due": far})
    readiness.add_milestone(editor, "hiring", "The interview has a customer question", due=soon)
    readiness.change_item(editor, "support", {"owner": editor, "due": late})
    due = readiness.due_for(owner, today=TODAY)
    assert [(one.item.key, one.days) for one in due] == [("training", -3), ("hiring", 5)]
    assert readiness.standing(TODAY).overdue == 2
    readiness.change_item(owner, "training", {"state": "done"})
    assert [one.item.key for one in readiness.due_for(owner, today=TODAY)] == ["hiring"]


def test_a_milestone_is_reached_taken_back_and_removed(editor: Person) -> None:
    item = readiness.add_milestone(editor, "milestones", "A hundred thank-you cards", due=TODAY, is_quick_win=True)
    number = item.milestones[0].id
    assert readiness.reach_milestone(editor, number).milestones[0].reached_on == timezone.localdate()
    assert readiness.reach_milestone(editor, number, reached=False).milestones[0].reached_on is None
    assert readiness.remove_milestone(editor, number).milestones == ()
    with pytest.raises(NotFound, match="no milestone"):
        readiness.reach_milestone(editor, number)


def test_the_same_thing_twice_counts_once(editor: Person) -> None:
    for _ in range(2):
        readiness.change_item(editor, "training", {"state": "under_way"})
        readiness.add_milestone(editor, "training", "First  evening held")
        readiness.attach_file(editor, "training", file())
    item = readiness.item("training")
    assert (len(item.milestones), len(item.files), item.edition) == (1, 1, 1)
    assert len(list(evidence_files.folder().iterdir())) == 1
    assert HistoryEntry.objects.filter(code__startswith="readiness.").count() == 3


def test_a_change_by_someone_else_meanwhile_is_not_overwritten(editor: Person) -> None:
    seen = readiness.item("training").edition
    readiness.change_item(editor, "training", {"state": "under_way"}, seen=seen)
    with pytest.raises(Conflict, match="Someone else changed"):
        readiness.change_item(editor, "training", {"state": "done"}, seen=seen)


@pytest.mark.parametrize(
    ("key", "values", "says"),
    [
        ("training", {"state": "maybe"}, "no state"),
        ("training", {"evidence_link": "javascript:alert(1)"}, "no address"),
        ("training", {"evidence_link": "file:///etc/passwd"}, "no address"),
        ("training", {"answer": "x" * 4001}, "at most 4000"),
        ("training", {"answer": "a\x00b"}, "at most 4000"),
        ("training", {"says_yes": True}, "not answered by yes or no"),
        ("training", {"state": "set_aside"}, "why this is not needed"),
        ("nothing", {"state": "done"}, "no readiness question"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(editor: Person, key: str, values: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        readiness.change_item(editor, key, values)
    assert not HistoryEntry.objects.exists()


def test_an_owner_whose_account_is_closed_is_refused(editor: Person, owner: Person) -> None:
    owner.is_active = False
    owner.save()
    with pytest.raises(Refused, match="closed"):
        readiness.change_item(editor, "training", {"owner": owner})


def test_pay_on_a_score_stands_as_a_warning_until_it_is_gone(editor: Person, client: Client) -> None:
    client.force_login(editor)
    readiness.change_item(editor, "pay_on_score", {"says_yes": True})
    assert readiness.standing(TODAY).pay_on_score is True
    assert "pay depends on a survey score." in client.get("/strategy/readiness").content.decode()
    readiness.change_item(editor, "pay_on_score", {"says_yes": False})
    assert "pay-warning" not in client.get("/strategy/readiness").content.decode()


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("a plan.pdf", "a_plan.pdf"),
        ("..", "file"),
        ("", "file"),
        (None, "file"),
        (".htaccess", "htaccess"),
        ("plan\x00.pdf", "plan.pdf"),
        ('x";rm -rf.sh', "xrm_-rf.sh"),
    ],
)
def test_a_file_name_is_made_safe(given_name: str | None, kept: str) -> None:
    assert evidence_files.safe_name(given_name) == kept


@given(st.text(max_size=300))
def test_no_name_leaves_the_folder(name: str) -> None:
    safe = evidence_files.safe_name(name)
    assert safe
    assert len(safe) <= evidence_files.NAME_LENGTH
    assert Path(safe).name == safe
    assert not set(safe) & set('/\\\x00"\r\n')


def test_evidence_is_kept_privately_and_served_as_an_attachment(
    editor: Person, owner: Person, client: Client, home: Path
) -> None:
    item = readiness.attach_file(editor, "training", file("page.html", b"<script>alert(1)</script>"))
    client.force_login(owner)
    answer = client.get(f"/strategy/evidence/{item.files[0].id}")
    assert answer["Content-Disposition"] == 'attachment; filename="page.html"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == b"<script>alert(1)</script>"  # type: ignore[attr-defined]
    assert (home / "evidence").stat().st_mode & 0o077 == 0
    assert Client().get(f"/strategy/evidence/{item.files[0].id}").status_code == 302


def test_a_file_that_is_empty_too_large_or_one_too_many_is_refused(
    editor: Person, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setattr(evidence_files, "MAX_BYTES", 20)
    monkeypatch.setattr(evidence_files, "MOST", 1)
    with pytest.raises(Refused, match="is empty"):
        readiness.attach_file(editor, "training", file(content=b""))
    with pytest.raises(Refused, match="at most"):
        readiness.attach_file(editor, "training", file(content=b"x" * 21))
    readiness.attach_file(editor, "training", file())
    with pytest.raises(Refused, match="1 files are there already"):
        readiness.attach_file(editor, "training", file(content=b"another"))
    assert len(list((home / "evidence").iterdir())) == 1


def test_a_removed_file_is_gone_from_the_disk(
    editor: Person, django_capture_on_commit_callbacks: Any, home: Path
) -> None:
    item = readiness.attach_file(editor, "training", file())
    with django_capture_on_commit_callbacks(execute=True):
        readiness.remove_file(editor, item.files[0].id)
    assert list((home / "evidence").iterdir()) == []


def test_files_that_no_row_names_are_swept_once_they_are_old(
    editor: Person, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    readiness.attach_file(editor, "training", file())
    (evidence_files.folder() / "aaa").write_bytes(b"left behind")
    assert readiness.sweep_files() == 0
    monkeypatch.setattr(evidence_files, "SWEPT_AFTER_SECONDS", -1)
    assert readiness.sweep_files() == 1
    assert len(list((home / "evidence").iterdir())) == 1


def test_clearing_the_sample_company_forgets_the_list_and_its_files(editor: Person, home: Path) -> None:
    readiness.attach_file(editor, "training", file())
    readiness.clear()
    readiness.clear()
    assert not (home / "evidence").exists()
    assert readiness.item("training").files == ()


def test_the_page_opens_with_how_far_it_is(editor: Person, owner: Person, client: Client) -> None:
    client.force_login(editor)
    assert "Nobody owns any of the 11 questions yet." in client.get("/strategy/readiness").content.decode()
    yesterday = timezone.localdate() - timedelta(days=1)
    readiness.change_item(editor, "training", {"owner": owner, "due": yesterday})
    assert "1 of 11 has an owner; 1 is overdue." in client.get("/strategy/readiness").content.decode()


def test_the_form_saves_and_shows_refusals_at_the_field(editor: Person, owner: Person, client: Client) -> None:
    client.force_login(editor)
    sent = {"seen": "0", "owner": str(owner.pk), "due": "2026-07-01", "state": "set_aside", "answer": ""}
    answer = client.post("/strategy/readiness/training", sent)
    assert answer.status_code == 400
    assert "why this is not needed" in answer.content.decode()
    answer = client.post("/strategy/readiness/training", sent | {"answer": "We hire for it."})
    assert answer.status_code == 302
    assert readiness.item("training").state == "set_aside"


def test_words_are_shown_as_words(editor: Person, client: Client) -> None:
    client.force_login(editor)
    readiness.change_item(editor, "training", {"answer": "<img src=x onerror=alert(1)>"})
    readiness.add_milestone(editor, "training", "<b>bold</b>")
    for page in ("/strategy/readiness", "/strategy/readiness/training"):
        words = client.get(page).content.decode()
        assert "<img src=x" not in words
        assert "<b>bold" not in words


@pytest.mark.parametrize("role", ["executive", "cx_team", "manager", "employee", "analyst", "hr", "administrator"])
def test_every_role_sees_the_list_and_editors_alone_assign(role: str, person_with: PersonWith, client: Client) -> None:
    client.force_login(person_with(role))
    assert client.get("/strategy/readiness").status_code == 200
    answer = client.post("/strategy/readiness/training", {"seen": "0", "state": "under_way"})
    assert answer.status_code == (302 if role in ("executive", "cx_team", "administrator") else 400)


def test_a_stranger_is_sent_to_sign_in(client: Client) -> None:
    for address in ("/strategy/readiness", "/strategy/readiness/training"):
        assert "/account/login/" in client.get(address)["Location"]


def test_programs_read_and_change_the_list(editor: Person, owner: Person, client: Client) -> None:
    client.force_login(editor)
    sent = {"owner": owner.pk, "due": "2026-07-01", "state": "under_way"}
    answer = client.patch("/api/v1/strategy/readiness/training", sent, content_type="application/json")
    assert answer.status_code == 200
    assert answer.json()["owner"] == owner.pk
    listed = client.get("/api/v1/strategy/readiness").json()
    assert (listed["total"], listed["owned"]) == (11, 1)
    answer = client.patch("/api/v1/strategy/readiness/none", sent, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (404, "question_unknown")


dates = st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31))
milestones = st.builds(Milestone, st.integers(1, 9), st.just("m"), st.booleans(), dates, dates)
items = st.builds(
    Item,
    question=st.sampled_from(QUESTIONS),
    due=dates,
    state=st.sampled_from(["open", "under_way", "done", "set_aside"]),
    milestones=st.lists(milestones, max_size=3).map(tuple),
)


@given(st.lists(items, max_size=12))
def test_the_counts_never_exceed_the_list_and_what_is_settled_is_never_overdue(listed: list[Item]) -> None:
    standing = Standing.of(listed, TODAY)
    assert max(standing.owned, standing.settled, standing.overdue, standing.evidenced) <= standing.total
    assert standing.settled + standing.overdue <= standing.total
    assert not any(item.is_settled and item.is_overdue(TODAY) for item in listed)


def test_each_question_is_asked_once() -> None:
    assert len(BY_KEY) == len(QUESTIONS) == 12
