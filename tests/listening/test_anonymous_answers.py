"""An anonymous answer cannot be joined with who gave it: by no number, no time, no order, in no table and no file."""

import json
import re
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from headwater.base.models import Company
from headwater.listening import inbox
from headwater.listening.models import HeldAnswer, InboxBatch, Invitation, SurveyResponse
from headwater.listening.surveys import anonymous, due, unfinished
from headwater.listening.surveys.results_protection import SMALLEST
from headwater.metrics.store import company_record
from headwater.record.filters import parse
from headwater.record.questions import Sums
from tests.listening.answered import ASKED, TWO_PAGES, invited, open_link, published, send

PEOPLE = 24


def told(number: int) -> str:
    return f"these are the words of person {number:03d}"


ASKED_WORDS: dict[str, Any] = {
    **ASKED,
    "pages": [{"id": "first", "questions": [{"id": "why", "kind": "open", "text": {"en": "Why?"}}]}],
}


def answers_in_order(count: int = PEOPLE, **others: Any) -> list[str]:
    """Invite people and have them answer in a known order: the first says 000. Returns their tokens."""
    survey = published(ASKED_WORDS, anonymous=True)
    tokens = [
        invited(survey, f"customer-{n:03d}", response_id="", attributes={"tier": f"only-{n}"}) for n in range(count)
    ]
    for number, token in enumerate(tokens):
        assert send(token, why=told(number), **others).status_code == 303
    return tokens


def order_of(texts: list[str]) -> list[int]:
    return [int(found[1]) for text in texts if (found := re.search(r"person (\d+)", text))]


def everything_stored() -> dict[str, list[str]]:
    """Every row of every table, as text, in the order in which the database stores it."""
    stored = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            place = "rowid" if connection.vendor == "sqlite" else "ctid"
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY {place}')
            stored[table] = [json.dumps([_plain(one) for one in row], default=str) for row in cursor.fetchall()]
    return stored


def _plain(value: object) -> object:
    if isinstance(value, memoryview | bytes):
        data = bytes(value)
        try:
            return json.dumps(inbox.unpack(data).to_pylist(), default=str)
        except Exception:
            return data.decode("latin-1")
    return value


def test_nothing_stored_joins_an_invitation_with_an_answer(ours: Company) -> None:
    tokens = answers_in_order()
    anonymous.let_go()
    inbox_rows = [row for one in InboxBatch.objects.all() for row in inbox.unpack(one.signals).to_pylist()]
    assert len(inbox_rows) == PEOPLE
    stored = everything_stored()
    inbox.flush()
    rows = company_record().ask(Sums(("attribute:survey",), parse("kind = 'survey'"))).rows
    assert sum(row.n for row in rows) == PEOPLE
    kept = list(Invitation.objects.order_by("pk"))
    # What is known of one invitation alone: its numbers, its hash, its customer, its segment, its token.
    for number, (token, one) in enumerate(zip(tokens, kept, strict=True)):
        marks = {one.token_hash, one.customer_id, token, f"only-{number}"}
        elsewhere = [text for table, texts in stored.items() if table != "listening_invitation" for text in texts]
        assert not [text for text in elsewhere if any(mark in text for mark in marks)]
    # What is known of one answer alone is on no invitation.
    of_answers = {row["record_id"].split(":")[0] for row in inbox_rows}
    assert of_answers == {
        str(pk) for pk in SurveyResponse.objects.filter(state="complete").values_list("pk", flat=True)
    }
    invitations = "\n".join(stored["listening_invitation"])
    assert not [one for one in of_answers if one in invitations or one.replace("-", "") in invitations]
    for row in inbox_rows:
        assert (row.get("customer_id"), row["attributes"]) == (
            None,
            [("complete", "yes"), ("question", "why"), ("survey", "stay"), ("survey_version", "1")],
        )


def test_answers_cannot_be_put_in_the_order_they_came_in(ours: Company) -> None:
    answers_in_order()
    assert HeldAnswer.objects.count() == PEOPLE
    assert anonymous.let_go() == PEOPLE
    assert not HeldAnswer.objects.exists()
    came = list(range(PEOPLE))
    (batch,) = InboxBatch.objects.all()
    texts = {row["record_id"].split(":")[0]: row["text"] for row in inbox.unpack(batch.signals).to_pylist()}
    arranged = {"inbox": order_of(list(texts.values()))}
    with connection.cursor() as cursor:
        place = "rowid" if connection.vendor == "sqlite" else "ctid"
        cursor.execute(f"SELECT id FROM listening_surveyresponse WHERE state = 'complete' ORDER BY {place}")
        stored = [_uuid(row[0]) for row in cursor.fetchall()]
    arranged["responses"] = order_of([texts[one] for one in stored])
    inbox.flush()
    said = _texts_in_files()
    arranged["record"] = order_of(said)
    for where, order in arranged.items():
        assert sorted(order) == came, where
        assert order not in (came, came[::-1]), where
        # As far from the order of arrival as chance is: 24 shuffled places have this many steps up in 1 of 10^9 cases.
        assert sum(b == a + 1 for a, b in pairwise(order)) < 10, where


def _uuid(value: object) -> str:
    text = str(value)
    return text if "-" in text else f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _texts_in_files() -> list[str]:
    from deltalake import DeltaTable

    table = DeltaTable(str(company_record().root / "signals")).to_pyarrow_table(columns=["text"])
    return [str(one) for one in table["text"].to_pylist()]


def test_no_time_finer_than_a_day_is_kept_of_an_answer(ours: Company) -> None:
    token = answers_in_order(1)[0]
    shell = SurveyResponse.objects.get()
    assert (shell.state, shell.answers, shell.invitation, shell.started_at, shell.saved_at, shell.completed_at) == (
        "detached", {}, None, None, None, None,
    )  # fmt: skip
    invitation = Invitation.objects.get()
    assert (invitation.state, invitation.opened_at, invitation.response_id) == ("spent", None, "")
    moments = {
        field.name: getattr(invitation, field.name)
        for field in Invitation._meta.get_fields()
        if isinstance(field, models.DateTimeField) and getattr(invitation, field.name) is not None
    }
    assert set(moments) == {"sent_at"}
    assert due.make_signals() == 1
    held = HeldAnswer.objects.get()
    assert held.answers == {}
    (signal,) = inbox.unpack(held.signals).to_pylist()
    noon = datetime.combine(held.day, datetime.min.time()) + timedelta(hours=11)  # 12:00 in Berlin's winter
    assert (signal["occurred_at"], signal["received_at"]) == (noon, noon)
    assert Client().get(f"/s/{token}").status_code == 410


def test_the_log_does_not_say_who_came_when(ours: Company, caplog: pytest.LogCaptureFixture) -> None:
    token = answers_in_order(1)[0]
    assert Client().get(f"/s/{token}").status_code == 410
    assert Client().get(f"/s/{'x' * 24}").status_code == 404
    assert token not in caplog.text
    assert "/s/" not in caplog.text


def test_few_answers_wait_until_their_day_is_over(ours: Company) -> None:
    answers_in_order(SMALLEST)
    assert anonymous.let_go() == 0
    assert anonymous.let_go(timezone.now() + timedelta(days=1)) == SMALLEST
    assert anonymous.let_go(timezone.now() + timedelta(days=1)) == 0
    assert InboxBatch.objects.get().rows == SMALLEST
    assert SurveyResponse.objects.filter(state="complete").count() == SMALLEST


def test_fewer_than_any_page_may_show_never_reach_the_record(ours: Company) -> None:
    answers_in_order(SMALLEST - 1)
    assert anonymous.let_go(timezone.now() + timedelta(days=90)) == 0
    assert not InboxBatch.objects.exists()


def test_an_anonymous_invitation_is_spent_once_from_whatever_browser(ours: Company) -> None:
    survey = published(ASKED_WORDS, anonymous=True)
    token = invited(survey, response_id="")
    assert send(token, why=told(1), _resume="a" * 24).status_code == 303
    again = send(token, why=told(2), _resume="b" * 24)
    assert (again.status_code, again["Location"]) == (303, f"/s/{token}/end")
    assert HeldAnswer.objects.count() == 1
    assert "arrived" in Client().get(f"/s/{token}/end").content.decode()


def test_it_is_resumed_from_the_browser_alone(ours: Company) -> None:
    token = invited(published(TWO_PAGES, anonymous=True), response_id="")
    mine, other = Client(), Client()
    assert "cannot be found, changed or erased" in mine.get(f"/s/{token}").content.decode()
    sent = send(token, client=mine, nps=3, _resume="m" * 24)
    cookie = sent.cookies["answer"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", f"/s/{token}")
    assert "Why 3?" in mine.get(f"/s/{token}").content.decode()
    assert "Would you recommend us?" in other.get(f"/s/{token}").content.decode()
    assert Invitation.objects.get().state == "sent"


def test_an_unfinished_one_counts_only_where_nobody_could_count_twice(ours: Company) -> None:
    by_invitation = invited(published(TWO_PAGES, anonymous=True), response_id="")
    send(by_invitation, nps=3, _resume="m" * 24)
    by_link = open_link(TWO_PAGES | {"anonymous": True}).token
    send(by_link, nps=4, _resume="n" * 24)
    assert unfinished.settle(timezone.now() + timedelta(days=9)) == 1
    due.make_signals()
    held = HeldAnswer.objects.get()
    assert (held.state, inbox.unpack(held.signals)["score"].to_pylist()) == ("partial", [4.0])
    assert not SurveyResponse.objects.filter(state="open").exists()
