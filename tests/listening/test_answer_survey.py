"""Customers answer: each page is kept, a response counts once, and it is in the record when it was acknowledged."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from headwater.base import erasure
from headwater.base.models import Company
from headwater.listening import inbox
from headwater.listening.models import Consent, InboxBatch, Invitation, SurveyResponse
from headwater.listening.surveys import answering, flood, unfinished
from headwater.listening.surveys.colours import contrast, readable
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.services import clear
from headwater.metrics.store import company_record
from headwater.record.keys import signal_key
from headwater.record.questions import SignalRow
from tests.listening.answered import ASKED, TWO_PAGES, invited, open_link, published, send

EVERY_KIND: dict[str, Any] = {
    "title": {"en": "Everything", "ar": "كل شيء"},
    "languages": ["en", "ar"],
    "brand": {"name": "Shop <&> Co", "colour": "#ffee00"},
    "pages": [
        {
            "id": "all",
            "questions": [
                {"id": "nps", "kind": "nps", "text": {"en": "Recommend?", "ar": "هل توصي بنا؟"}, "stage": "I order",
                 "moment": "checkout", "low": {"en": "Not at all"}, "high": {"en": "Surely"}},
                {"id": "sat", "kind": "csat", "text": {"en": "Satisfied?"}, "scale": "1-7"},
                {"id": "effort", "kind": "ces", "text": {"en": "Easy?"}},
                {"id": "stars", "kind": "rating", "text": {"en": "Stars?"}, "scale": "1-4"},
                {"id": "one", "kind": "single", "text": {"en": "Which?"}, "other": True, "attribute": "product",
                 "options": [{"id": "a", "text": {"en": "A"}}, {"id": "b", "text": {"en": "B"}}]},
                {"id": "many", "kind": "multiple", "text": {"en": "Which ones?"},
                 "options": [{"id": "x", "text": {"en": "X"}}, {"id": "y", "text": {"en": "Y"}}]},
                {"id": "grid", "kind": "matrix", "text": {"en": "How was"},
                 "rows": [{"id": "seat", "text": {"en": "the seat"}, "stage": "I fly"},
                          {"id": "food", "text": {"en": "the food"}}]},
                {"id": "words", "kind": "open", "text": {"en": "Why?"}},
                {"id": "note", "kind": "statement", "text": {"en": "Nearly done."}},
                {"id": "call", "kind": "consent", "text": {"en": "You may call me."}},
            ],
        }
    ],
}  # fmt: skip
EVERY_ANSWER = {
    "nps": "0", "sat": "7", "effort": "4", "stars": "3", "one": "other", "one__other": "call +49 30 901820",
    "many": ["x", "y"], "grid__seat": "2", "words": "write to me@example.com <b>now</b>", "call": "yes",
}  # fmt: skip


def in_record(response_id: str, name: str) -> Any:
    return company_record().ask(SignalRow(signal_key("survey-stay", f"{response_id}:{name}")))


def test_a_single_page_is_answered_through_an_open_link(ours: Company) -> None:
    token = open_link().token
    shown = Client().get(f"/s/{token}")
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")
    assert not shown.cookies
    answered = send(token, nps=9)
    assert (answered.status_code, answered["Location"]) == (303, f"/s/{token}/end")
    response = SurveyResponse.objects.get()
    assert (response.state, response.answers, response.is_due) == ("complete", {"nps": 9}, True)
    assert inbox.flush() == 1
    response.refresh_from_db()
    assert (response.answers, response.is_due) == ({}, False)
    signal = in_record(str(response.pk), "nps")
    assert (signal.metric, signal.score, signal.channel, signal.kind) == ("nps", 9.0, "link", "survey")
    assert signal.attributes == {
        "branch": "North", "question": "nps", "survey": "stay", "survey_version": "1", "complete": "yes",
    }  # fmt: skip


def test_every_kind_of_question_reaches_the_record(ours: Company) -> None:
    token = invited(published(EVERY_KIND), "c7", attributes={"tier": "gold"})
    assert send(token, "all", **EVERY_ANSWER).status_code == 303
    assert inbox.flush() == 7
    of = {
        name: in_record("r-c7", name) for name in ("nps", "sat", "effort", "stars", "grid:seat", "words", "one:other")
    }
    assert all(signal is not None for signal in of.values())
    assert (of["nps"].score, of["nps"].score_band, of["nps"].stage) == (0.0, -1, "I order")
    assert of["sat"].score == 5.0  # 7 of 1-7, on the metric's own 1-5
    assert (of["grid:seat"].metric, of["grid:seat"].stage) == ("rating", "I fly")
    assert of["stars"].attributes["score"] == "3"  # no metric reads 1-4
    assert of["words"].text == "write to [e-mail] <b>now</b>"
    assert of["one:other"].text == "call [phone]"
    assert {one.customer_id for one in of.values()} == {"c7"}
    assert {one.attributes["product"] for one in of.values()} == {"other"}
    assert of["nps"].attributes == {
        "tier": "gold", "product": "other", "many": "x, y", "call": "yes", "question": "nps", "moment": "checkout",
        "survey": "stay", "survey_version": "1", "complete": "yes",
    }  # fmt: skip
    consent = Consent.objects.get()
    assert (consent.customer_id, consent.is_given, consent.wording) == ("c7", True, "You may call me.")


def test_choices_alone_are_counted_too(ours: Company) -> None:
    token = invited(published(EVERY_KIND))
    send(token, "all", one="a")
    inbox.flush()
    signal = in_record("r-c1", "response")
    assert (signal.event, signal.attributes["product"]) == ("survey_answered", "a")


def test_each_page_is_kept_and_one_goes_on_where_one_left(ours: Company) -> None:
    token = invited(published(TWO_PAGES))
    assert send(token, nps=3)["Location"] == f"/s/{token}/second"
    assert SurveyResponse.objects.get().answers == {"nps": 3}
    elsewhere = Client().get(f"/s/{token}").content.decode()
    assert "Why 3?" in elsewhere
    assert "go on where you left off" in elsewhere
    # Back, with what was typed; then the earlier page edited: it is kept instead.
    assert send(token, "second", why="late", _go="back")["Location"] == f"/s/{token}/first"
    assert "checked" in Client().get(f"/s/{token}/first").content.decode()
    send(token, nps=8)
    shown = Client().get(f"/s/{token}/second").content.decode()
    assert "Why 8?" in shown
    assert "late</textarea>" in shown
    assert not InboxBatch.objects.exists()
    assert send(token, "second", why="late after all")["Location"] == f"/s/{token}/end"
    assert inbox.flush() == 2
    assert in_record("r-c1", "nps").score == 8.0
    assert Invitation.objects.get().state == "spent"


def test_a_page_ahead_cannot_be_opened(ours: Company) -> None:
    token = invited(published(TWO_PAGES))
    assert "Would you recommend us?" in Client().get(f"/s/{token}/second").content.decode()
    assert send(token, "second", why="x").status_code == 422  # it is the first page that was posted


def test_two_clicks_and_two_tabs_are_one_answer(ours: Company) -> None:
    token = open_link().token
    client = Client()
    first_tab = re.search(r'name="resume" value="([^"]+)"', client.get(f"/s/{token}").content.decode())
    second_tab = re.search(r'name="resume" value="([^"]+)"', client.get(f"/s/{token}").content.decode())
    assert first_tab
    assert second_tab
    assert first_tab[1] != second_tab[1]
    for resume in (first_tab[1], first_tab[1], second_tab[1]):
        assert send(token, client=client, nps=9, _resume=resume).status_code == 303
    assert SurveyResponse.objects.count() == 1
    assert inbox.flush() == 1
    personal = invited(published(ASKED, "other"))
    assert [send(personal, nps=score).status_code for score in (2, 9)] == [303, 303]
    assert inbox.flush() == 1


def test_a_stale_tab_joins_what_the_other_wrote(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    token = invited(published(TWO_PAGES))
    send(token, nps=3)
    stale = answering.visit(token, answering.Visitor())
    send(token, nps=4)
    kept = answering.keep(stale, "second", {"q.why": ["late"]})
    assert (kept.go_to, kept.answers) == ("end", {"nps": 4, "why": "late"})
    assert answering.keep(stale, "second", {"q.why": ["again"]}).go_to == "end"
    assert inbox.flush() == 2


def test_looking_never_counts(ours: Company) -> None:
    token = invited(published(TWO_PAGES))
    link = open_link(TWO_PAGES).token
    before = SurveyResponse.objects.count()
    for address in (f"/s/{token}?q=nps&v=10", f"/s/{token}/second", f"/s/{token}/end", f"/s/{link}?q=nps&v=1"):
        assert Client().get(address).status_code == 200
        assert Client().head(address).status_code == 200
    shown = Client().get(f"/s/{token}?q=nps&v=10").content.decode()
    assert re.search(r'id="q.nps.10"[^>]* checked', shown)
    for nonsense in ("q=nps&v=11", "q=why&v=x", "q=nps&v=<b>", "q=nothing&v=1"):
        assert " checked" not in Client().get(f"/s/{token}?{nonsense}").content.decode()
    assert SurveyResponse.objects.count() == before
    assert Invitation.objects.get(token_hash__isnull=False).opened_at is None


def test_what_is_wrong_is_kept_and_explained(ours: Company) -> None:
    asked = {**TWO_PAGES, "languages": ["en", "de"]}
    asked["pages"] = [{"id": "first", "questions": [*ASKED["pages"][0]["questions"],
                       {"id": "why", "kind": "open", "text": {"en": "Why?"}, "most_characters": 5}]}]  # fmt: skip
    token = invited(published(asked))
    refused = send(token, why="<i>too long</i>")
    assert refused.status_code == 422
    page = refused.content.decode()
    assert 'role="alert"' in page
    assert '<a href="#q.nps.0">Would you recommend us?</a>: Please answer this question.' in page
    assert "Please shorten this to 5 characters; it has 15." in page
    assert "&lt;i&gt;too long&lt;/i&gt;</textarea>" in page
    assert 'aria-describedby="q.why.error" aria-invalid="true"' in page
    german = send(token, _lang="de").content.decode()
    assert "Bitte beantworten Sie diese Frage." in german
    assert not SurveyResponse.objects.exists()


def test_a_piped_answer_is_words_and_never_markup(ours: Company) -> None:
    asked = {
        **TWO_PAGES,
        "pages": [
            {"id": "first", "questions": [{"id": "what", "kind": "open", "text": {"en": "What?"}}]},
            {"id": "second", "questions": [{"id": "why", "kind": "open", "text": {"en": "Why {{what}}?"}}]},
        ],
    }
    token = invited(published(asked))
    send(token, what="<script>alert(1)</script>")
    shown = Client().get(f"/s/{token}").content.decode()
    assert "Why &lt;script&gt;alert(1)&lt;/script&gt;?" in shown
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"state": "withdrawn"}, 410, "no longer valid"),
        ({"state": "spent"}, 410, "is in already"),
        ({"state": "expired"}, 410, "is over"),
        ({"expires_at": timezone.now() - timedelta(minutes=1)}, 410, "is over"),
    ],
)
def test_an_invitation_that_takes_no_answer_says_why(
    ours: Company, change: dict[str, Any], status: int, words: str
) -> None:
    token = invited(published(ASKED), **change)
    shown = Client().get(f"/s/{token}")
    assert (shown.status_code, words in shown.content.decode()) == (status, True)
    sent = send(token, nps=3)
    assert sent.status_code in (status, 303)
    assert not SurveyResponse.objects.exists()


def test_closed_missing_and_unpublished_surveys_say_so(ours: Company) -> None:
    survey = published(ASKED)
    token = invited(survey)
    survey.closed_at = timezone.now()
    survey.save()
    assert Client().get(f"/s/{token}", headers={"accept-language": "xx, de;q=0.5"}).status_code == 410
    survey.closed_at = None
    survey.save()
    survey.versions.update(state="superseded")
    assert (Client().get(f"/s/{token}").status_code, send(token, nps=1).status_code) == (404, 404)
    for nobody in ("x" * 24, "x", "..", "ä" * 20, "%00" * 20):
        assert Client().get(f"/s/{nobody}").status_code == 404
    german = Client().get(f"/s/{'x' * 24}", headers={"accept-language": "de-AT,de;q=0.9"}).content.decode()
    assert "keine Umfrage" in german
    assert Client().put(f"/s/{token}").status_code == 405


def test_too_much_is_turned_away(ours: Company) -> None:
    token = open_link().token
    assert send(token, nps=1, why="x" * (1 << 20)).status_code == 413
    assert not SurveyResponse.objects.exists()


def test_right_to_left_and_the_choice_of_language(ours: Company) -> None:
    token = invited(published(EVERY_KIND))
    arabic = Client().get(f"/s/{token}", headers={"accept-language": "ar-EG,ar;q=0.9"}).content.decode()
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "هل توصي بنا؟" in arabic
    assert 'hreflang="en"' in arabic
    assert "Shop &lt;&amp;&gt; Co" in arabic
    send(token, "all", _lang="ar", nps=5, words="متأخر")
    inbox.flush()
    assert in_record("r-c1", "words").language == "ar"


@pytest.mark.parametrize("colour", ["#ffee00", "#000000", "#ffffff", "#808080", "#e2001a", "#00ff88"])
def test_any_brand_colour_can_be_read(ours: Company, colour: str) -> None:
    for ground in ("#ffffff", "#f4f6f2", "#14201c", "#0d1513"):
        pair = readable(colour, ground)
        assert contrast(pair.colour, ground) >= 4.5
        assert contrast(pair.colour, pair.on) >= 4.5
    sheet = Client().get(f"/survey-colour/{colour[1:]}.css")
    assert (sheet.status_code, sheet["Content-Type"]) == (200, "text/css")
    assert Client().get("/survey-colour/}body{.css").status_code == 404


def test_pages_can_be_drawn_without_storing_anything(ours: Company) -> None:
    document = Document.model_validate(EVERY_KIND)
    drawn = answering.preview_page(document, "all", "ar", {"nps": 7})
    assert re.search(r'id="q.nps.7"[^>]* checked', drawn)
    assert "arrived" in answering.preview_page(document, "end", "en", {})
    assert not SurveyResponse.objects.exists()


def test_unfinished_answers_count_as_such_after_a_week(ours: Company) -> None:
    token = invited(published(TWO_PAGES))
    send(token, nps=3)
    assert unfinished.settle(timezone.now() + timedelta(days=6)) == 0
    assert unfinished.settle(timezone.now() + timedelta(days=8)) == 1
    assert unfinished.settle(timezone.now() + timedelta(days=8)) == 0
    inbox.flush()
    signal = in_record("r-c1", "nps")
    assert (signal.score, signal.attributes["complete"]) == (3.0, "no")
    assert (SurveyResponse.objects.get().state, Invitation.objects.get().state) == ("partial", "spent")
    assert "so far were counted" in Client().get(f"/s/{token}").content.decode()


def test_nothing_is_acknowledged_that_is_not_durable(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    token = open_link().token

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(flood, "take", full)
        assert send(token, nps=3, _resume="r" * 24).status_code == 429
        assert not SurveyResponse.objects.exists()
    assert send(token, nps=3, _resume="r" * 24).status_code == 303
    with monkeypatch.context() as broken:
        broken.setattr(inbox, "put", full)
        with pytest.raises(OSError, match="No space"):
            inbox.flush()
    assert SurveyResponse.objects.get().answers == {"nps": 3}
    assert inbox.flush() == 1


def test_an_erased_customer_leaves_no_response_and_the_sample_none(ours: Company) -> None:
    survey = published(TWO_PAGES)
    send(invited(survey, "c1"), nps=3)
    send(invited(survey, "c2"), nps=4)
    from django.db import transaction

    with transaction.atomic():
        assert erasure.exported(["c1"])["survey responses"][0]["answers"] == {"nps": 3}
        erasure.forget(["c1"])
    assert [one.answers for one in SurveyResponse.objects.all()] == [{"nps": 4}]
    clear()
    assert not SurveyResponse.objects.exists()
