"""Answers that are acknowledged become signals once, whatever happens in between."""

from typing import Any

import pytest
from django.db import DataError
from django.test import Client

from headwater.base import erasure
from headwater.base.models import Company
from headwater.listening import direct, inbox
from headwater.listening.models import HeldAnswer, InboxBatch, SurveyResponse
from headwater.listening.personal import holding_off, redacting
from headwater.listening.surveys import due, unfinished
from headwater.metrics.store import company_record
from headwater.record.questions import Size
from headwater.site.checking import check_everything
from tests.listening.answered import ASKED, TWO_PAGES, invited, open_link, published, send

pytestmark = pytest.mark.django_db


def ended(name: str) -> None:
    """A response with words, from a customer of this name."""
    token = invited(published(TWO_PAGES), name)
    send(token, nps=3)
    send(token, "second", why=f"{name} waited at {name}@example.com")


def signals() -> int:
    return company_record().ask(Size()).signals


def test_many_become_signals_together_each_with_its_own(ours: Company) -> None:
    for name in ("ann", "bea", "cem"):
        ended(name)
    assert (due.waiting(), signals()) == (3, 0)
    assert due.make_signals() == 3
    assert (due.waiting(), due.make_signals(), InboxBatch.objects.count()) == (0, 0, 1)
    rows = inbox.unpack(InboxBatch.objects.get().signals).to_pylist()
    assert sorted((row["customer_id"], row["score"], row["text"]) for row in rows if row["text"]) == [
        (name, None, f"{name} waited at [e-mail]") for name in ("ann", "bea", "cem")
    ]
    assert {(row["customer_id"], row["response_id"]) for row in rows} == {
        (name, f"r-{name}") for name in ("ann", "bea", "cem")
    }
    assert (inbox.flush(), inbox.flush(), signals()) == (6, 0, 6)
    assert {tuple(one.answers) for one in SurveyResponse.objects.all()} == {()}


def test_a_flush_that_is_cut_off_leaves_them_due(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    ended("ann")

    def cut_off(*_given: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(inbox, "put", cut_off)
        with pytest.raises(KeyboardInterrupt):
            inbox.flush()
    assert (due.waiting(), InboxBatch.objects.count()) == (1, 0)
    assert (inbox.flush(), signals()) == (2, 2)


def test_one_that_was_taken_meanwhile_is_not_taken_again(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    ended("ann")
    ended("bea")
    whole, calls = direct.through_pipeline, []

    def meanwhile(*given: Any) -> Any:
        """While the pipeline runs, one of the customers is erased."""
        made = whole(*given)
        if not calls:
            erasure.forget(["ann"])
        calls.append(given)
        return made

    monkeypatch.setattr(direct, "through_pipeline", meanwhile)
    assert due.make_signals() == 1
    rows = inbox.unpack(InboxBatch.objects.get().signals).to_pylist()
    assert {row["customer_id"] for row in rows} == {"bea"}


def test_one_that_cannot_become_signals_holds_nobody_up(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ann", "bea", "cem"):
        ended(name)
    whole = direct.through_pipeline

    def choking(rows: list[Any], *given: Any) -> Any:
        if any(signal.customer_id == "bea" for _index, signal in rows):
            raise ValueError("this one cannot be read")
        return whole(rows, *given)

    with monkeypatch.context() as broken:
        broken.setattr(direct, "through_pipeline", choking)
        assert (inbox.flush(), signals()) == (4, 4)
    failed = SurveyResponse.objects.exclude(fault="").get()
    assert failed.answers["nps"] == 3
    assert failed.fault.startswith("ValueError at test_due_answers.py")  # never what it says, which may quote words
    assert [one for one in check_everything() if one.is_wrong and one.place == "inbox"]
    assert (due.waiting(), inbox.flush()) == (0, 0)

    unfinished.settle()  # the hourly job has it tried again
    assert (inbox.flush(), signals(), due.failed()) == (2, 6, 0)


def test_a_broken_statement_holds_up_nothing_else(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    ended("ann")

    def broken(*_given: object) -> None:
        raise DataError("this value is too long")

    with monkeypatch.context() as patched:
        patched.setattr(redacting, "note", broken)
        assert inbox.flush() == 0
    assert (due.failed(), due.waiting()) == (1, 0)


def test_answers_of_a_customer_who_is_being_erased_go(ours: Company) -> None:
    ended("ann")
    ended("bea")
    holding_off.hold_off(["ann"])
    assert (inbox.flush(), due.failed()) == (2, 0)
    assert [one.invitation and one.invitation.customer_id for one in SurveyResponse.objects.all()] == ["bea"]


def test_an_anonymous_one_is_redacted_before_it_is_let_go(ours: Company) -> None:
    token = open_link(TWO_PAGES | {"anonymous": True}).token
    client = Client()
    send(token, client=client, nps=3)
    send(token, "second", client=client, why="ann@example.com waited")
    assert HeldAnswer.objects.get().answers["why"] == "ann@example.com waited"
    assert (inbox.flush(), signals()) == (0, 0)
    held = HeldAnswer.objects.get()
    assert held.answers == {}
    assert "[e-mail] waited" in inbox.unpack(held.signals)["text"].to_pylist()
    assert b"ann@example.com" not in bytes(held.signals)


def test_nothing_is_due_while_a_response_is_being_given(ours: Company) -> None:
    send(open_link(TWO_PAGES).token, nps=9)
    assert (due.waiting(), due.make_signals()) == (0, 0)
    assert SurveyResponse.objects.get().answers == {"nps": 9}
    send(open_link(ASKED).token, nps=9)
    assert due.waiting() == 1
