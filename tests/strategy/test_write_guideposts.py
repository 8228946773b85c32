"""Guideposts: written as a draft, published, found on a phone and beside the words of a customer."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Company, Department, HistoryEntry, Person
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.journey.queries import taxonomy
from headwater.record.keys import signal_key
from headwater.strategy import guideposts
from headwater.strategy.guidepost_documents import (
    Authority,
    Guidepost,
    Guideposts,
    changes,
    lines,
    read,
    read_one,
    written,
)
from headwater.strategy.models import GuidepostsVersion
from tests.insight.conftest import Label, Write, complaint, empty_record, journey, label, record, write

__all__ = ["empty_record", "journey", "label", "record", "write"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey")]
PersonWith = Callable[..., Person]
LATE: dict[str, Any] = {
    "always": ["Say the day it will come."],
    "never": ["Send a customer to the carrier."],
    "may": [{"text": "Send it again at once.", "limit": 80}, {"text": "Waive the delivery fee.", "limit": None}],
}


@pytest.fixture
def moment() -> str:
    return next(moment.id for moment in taxonomy().moments if moment.stage == "wait")


@pytest.fixture
def published(editor: Person, moment: str) -> str:
    guideposts.change_guidepost(editor, moment, LATE)
    guideposts.publish(editor)
    return moment


def test_a_draft_counts_only_once_it_is_published(editor: Person, moment: str) -> None:
    draft = guideposts.change_guidepost(editor, moment, LATE)
    assert [change.moment for change in draft.changes] == [moment]
    assert guideposts.guideposts_of(moment) is None
    assert guideposts.publish(editor).version == 1
    kept = guideposts.guideposts_of(moment)
    assert kept is not None
    assert kept.may == (Authority("Send it again at once.", 80), Authority("Waive the delivery fee."))
    assert guideposts.draft() is None
    codes = HistoryEntry.objects.filter(code__startswith="guideposts.").order_by("id").values_list("code", flat=True)
    assert list(codes) == ["guideposts.changed", "guideposts.published"]


def test_the_same_words_twice_change_nothing(editor: Person, published: str) -> None:
    twice = {"always": ["Say the day it will come."] * 2, "never": LATE["never"], "may": LATE["may"]}
    draft = guideposts.change_guidepost(editor, published, twice)
    assert (draft.changes, draft.edition) == ((), 0)
    with pytest.raises(Refused, match="says the same"):
        guideposts.publish(editor)
    guideposts.discard(editor)
    guideposts.discard(editor)
    with pytest.raises(Refused, match="no draft"):
        guideposts.publish(editor)


def test_guideposts_are_taken_away_by_emptying_them(editor: Person, published: str) -> None:
    guideposts.change_guidepost(editor, published, {})
    assert guideposts.publish(editor).guideposts == ()


def test_two_editors_do_not_overwrite_each_other(editor: Person, moment: str) -> None:
    guideposts.change_guidepost(editor, moment, LATE, seen=0)
    with pytest.raises(Conflict, match="Someone else"):
        guideposts.change_guidepost(editor, moment, {"always": ["Another word."]}, seen=0)


def test_an_edit_made_meanwhile_is_not_published_unseen(editor: Person, moment: str, client: Client) -> None:
    seen = guideposts.change_guidepost(editor, moment, {"always": ["Name the day."]}).edition
    guideposts.change_guidepost(editor, moment, {"always": ["Name the day and the hour."]})
    client.force_login(editor)
    assert client.post("/guideposts/publish", {"seen": seen}).status_code == 409
    assert client.post("/guideposts/discard", {"seen": seen}).status_code == 409
    assert client.post(f"/api/v1/guideposts/draft/publish?seen={seen}").status_code == 409
    assert guideposts.current().version == 0
    assert client.post("/guideposts/publish", {"seen": seen + 1}).status_code == 302
    assert guideposts.current().version == 1


@pytest.mark.parametrize(
    "values",
    [
        {"always": ["x" * 201]},
        {"always": ["ab"]},
        {"always": ["line one", 7]},
        {"never": ["with\x00null"]},
        {"may": [{"text": "Pay it back.", "limit": 0}]},
        {"may": [{"text": "Pay it back.", "limit": 1_000_001}]},
        {"always": [f"Line number {number}" for number in range(13)]},
        {"sometimes": ["Smile."]},
    ],
)
def test_bad_input_is_refused(editor: Person, moment: str, values: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        guideposts.change_guidepost(editor, moment, values)
    assert not GuidepostsVersion.objects.exists()


def test_an_unknown_moment_has_none(editor: Person) -> None:
    with pytest.raises(NotFound, match="no moment"):
        guideposts.change_guidepost(editor, "nowhere", LATE)


@pytest.mark.parametrize("role", ["manager", "employee", "analyst", "hr"])
def test_others_read_and_do_not_write(role: str, person_with: PersonWith, published: str, client: Client) -> None:
    person = person_with(role)
    client.force_login(person)
    words = client.get("/guideposts").content.decode()
    assert "Say the day it will come." in words
    assert f"/guideposts/edit/{published}" not in words
    assert client.get(f"/guideposts/edit/{published}").status_code == 403
    for act in (lambda: guideposts.publish(person), lambda: guideposts.discard(person)):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.status == 403


def test_they_are_found_by_words_moment_and_stage(published: str) -> None:
    name = taxonomy().moment(published)
    assert name is not None
    for text, stage, found in (
        ("DAY come", "", [published]),
        (name.name, "wait", [published]),
        ("nowhere written", "", []),
        ("", "order", []),
    ):
        placed = guideposts.placed(text=text, stage=stage, written_only=True)
        assert [one.moment.id for one in placed] == found, (text, stage)


def test_they_stand_beside_the_words_of_a_customer(
    published: str, editor: Person, write: Write, label: Label, client: Client
) -> None:
    write([complaint(1, local_date=date(2026, 3, 2)), complaint(2, local_date=date(2026, 3, 2))])
    label({"1": {"moment": published, "stage": "wait"}, "2": {"stage": "wait"}})
    client.force_login(editor)
    by_moment, by_stage = (client.get(f"/verbatims/{signal_key('test', number)}") for number in ("1", "2"))
    assert f'hx-get="/guideposts/for/{published}"' in by_moment.content.decode()
    assert 'hx-get="/guideposts/at/wait"' in by_stage.content.decode()


def test_the_fragments_are_fragments(published: str, editor: Person, client: Client) -> None:
    Company.objects.create(name="Ours", currency="CHF")
    client.force_login(editor)
    for address in (f"/guideposts/for/{published}", "/guideposts/at/wait"):
        words = client.get(address).content.decode()
        assert "<html" not in words
        assert "up to 80 CHF" in words
    assert "card" not in client.get("/guideposts/at/order").content.decode()
    assert client.get("/guideposts/for/nowhere").status_code == 404


def test_a_person_sees_those_of_the_moments_their_department_is_part_of(
    editor: Person, person_with: PersonWith, published: str
) -> None:
    from headwater.journey import services

    planner = person_with("employee")
    planner.department = Department.objects.create(name="Books", pack_departments=["finance"])
    planner.save()
    assert guideposts.for_person(planner) == ()
    contribution = {"department": "finance", "does": "Pays the carrier on the day."}
    services.change_item(editor, "moment", published, {"contributions": [contribution]})
    services.publish_draft(editor)
    assert [one.moment.id for one in guideposts.for_person(planner)] == [published]


def test_the_form_writes_the_draft_and_keeps_what_was_filled_in(editor: Person, moment: str, client: Client) -> None:
    client.force_login(editor)
    sent = {"seen": "0", "always": "Say the day.\nSay the day.", "never": "", "may_0": "Pay it back.", "limit_0": "50"}
    assert client.post(f"/guideposts/edit/{moment}", sent | {"always": "ab"}).status_code == 400
    assert client.post(f"/guideposts/edit/{moment}", sent)["Location"] == "/guideposts"
    draft = guideposts.draft()
    assert draft is not None
    kept = draft.guideposts.of(moment)
    assert kept == Guidepost(moment, ("Say the day.",), (), (Authority("Pay it back.", 50),))
    assert "Pay it back." in client.get(f"/guideposts/edit/{moment}").content.decode()
    assert client.post("/guideposts/publish").status_code == 302
    assert guideposts.guideposts_of(moment) == kept


def test_words_are_shown_as_words(editor: Person, moment: str, client: Client) -> None:
    guideposts.change_guidepost(editor, moment, {"always": ["<script>alert(1)</script>"]})
    guideposts.publish(editor)
    client.force_login(editor)
    for page in ("/guideposts", f"/guideposts/for/{moment}"):
        assert "<script>alert" not in client.get(page).content.decode()


def test_a_stranger_is_sent_to_sign_in(client: Client, moment: str) -> None:
    for page in ("/guideposts", f"/guideposts/for/{moment}", f"/guideposts/edit/{moment}"):
        assert "/account/login/" in client.get(page)["Location"]


def test_programs_read_write_and_publish(editor: Person, moment: str, client: Client) -> None:
    client.force_login(editor)
    answer = client.put(f"/api/v1/guideposts/{moment}", LATE, content_type="application/json")
    assert (answer.status_code, answer.json()["edition"]) == (200, 1)
    assert client.get("/api/v1/guideposts").json()["guideposts"] == []
    assert client.post("/api/v1/guideposts/draft/publish").json()["version"] == 1
    assert client.get("/api/v1/guideposts").json()["guideposts"] == [{"moment": moment, **LATE}]
    assert client.put("/api/v1/guideposts/nowhere", LATE, content_type="application/json").status_code == 404


line_texts = st.text(st.characters(categories=["L", "N"], include_characters=" ."), min_size=3, max_size=40).filter(
    lambda text: len(text.strip()) >= 3
)
guidepost_values = st.builds(
    lambda moment, always, never, may: read_one(
        {"moment": moment, "always": always, "never": never, "may": [{"text": text} for text in may]}
    ),
    st.sampled_from(["one_moment", "two_moment"]),
    st.lists(line_texts, max_size=3),
    st.lists(line_texts, max_size=3),
    st.lists(line_texts, max_size=3),
)


@given(guidepost_values, guidepost_values)
def test_a_document_is_read_as_it_was_written_and_differences_are_exact(first: Guidepost, second: Guidepost) -> None:
    old = Guideposts().with_guidepost(first)
    new = old.with_guidepost(second)
    assert read(written(new)) == new
    assert changes(new, new) == ()
    for change in changes(old, new):
        assert set(change.came) == set(lines(new.of(change.moment))) - set(lines(old.of(change.moment)))
        assert set(change.went) == set(lines(old.of(change.moment))) - set(lines(new.of(change.moment)))
