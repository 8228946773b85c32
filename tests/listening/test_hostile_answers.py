"""What strangers send to the answering pages, the snippet and the pages of surveys, to see what breaks."""

import json
from typing import Any

import pytest
from django.test import Client

from headwater.base import pageviews
from headwater.base.logs import TokenFilter
from headwater.base.models import HistoryEntry, PageView, Person
from headwater.base.refusals import Conflict, Refused
from headwater.listening import inbox
from headwater.listening.models import SurveyResponse, SurveyVersion
from headwater.listening.surveys import mailings, services, snippet
from headwater.listening.surveys.document import Document
from headwater.listening.surveys.tokens import new_token
from tests.listening.answered import ASKED, invited, open_link, published, send

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ours")]

HOST = "https://shop.example"
OPEN: dict[str, Any] = {
    "title": {"en": "How was it?"},
    "pages": [{"id": "first", "questions": [{"id": "why", "kind": "open", "text": {"en": "Why?"}}]}],
}


def test_half_a_character_in_a_snippets_answer_does_not_break_it() -> None:
    link = open_link(OPEN, kind="web")
    snippet.change_settings(None, link, snippet.SnippetSettings(origins=(HOST,)))
    body = json.dumps({"key": "0" * 32, "answers": {"why": "cut off \ud83d"}})
    answer = Client().post(f"/snippet/{link.token}/answers", body, "text/plain", headers={"origin": HOST})
    assert answer.status_code == 200
    assert SurveyResponse.objects.get().state == SurveyResponse.State.COMPLETE


@pytest.mark.parametrize("path", ["/snippet/%00.js", "/snippet/%00/continue/" + "0" * 32, "/s/%00", "/u/%00"])
def test_a_token_that_is_no_token_is_not_found(path: str) -> None:
    assert Client().get(path).status_code == 404


def test_a_survey_that_people_were_asked_by_keeps_its_promise(client: Client) -> None:
    survey = published(ASKED, anonymous=True)
    token = invited(survey, response_id="")
    draft = services.save(None, survey, Document.model_validate(ASKED))
    with pytest.raises(Conflict, match="stays so"):
        services.publish(None, survey, draft.edition)
    assert SurveyVersion.objects.get(survey=survey, state="published").content["anonymous"] is True
    assert "anonymous" in client.get(f"/s/{token}").content.decode()


def test_a_survey_that_nobody_was_asked_by_may_still_become_anonymous() -> None:
    survey = published(ASKED)
    draft = services.save(None, survey, Document.model_validate({**ASKED, "anonymous": True}))
    services.publish(None, survey, draft.edition)
    assert SurveyVersion.objects.get(survey=survey, state="published").content["anonymous"] is True


@pytest.mark.parametrize("name", ["wave", "question", "complete"])
def test_a_choice_cannot_be_called_what_every_answer_bears(name: str) -> None:
    question = {"id": name, "kind": "single", "text": {"en": "?"}, "options": [{"id": "a", "text": {"en": "A"}}]}
    survey = {"title": {"en": "T"}, "pages": [{"id": "first", "questions": [question]}]}
    with pytest.raises(ValueError, match="another meaning"):
        Document.model_validate(survey)
    question["attribute"] = "chosen"
    assert Document.model_validate(survey).questions[0].attribute == "chosen"


def test_no_line_of_the_log_says_which_invitation_was_opened(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = invited(published(ASKED))
    monkeypatch.setattr("headwater.listening.views.answering._show", broken)
    client = Client(raise_request_exception=False)
    assert client.get(f"/s/{token}/first").status_code == 500
    assert client.get(f"/u/{new_token()}").status_code == 404
    said = [line for record in caplog.records for line in [record] if TokenFilter().filter(line)]
    assert any("Internal Server Error: /s/…/first" in record.getMessage() for record in said)
    assert token not in " ".join(record.getMessage() for record in said)


def test_a_colleague_who_answers_leaves_no_page_view(client: Client) -> None:
    client.force_login(Person.objects.create(email="own@example.com", name="Own", roles=["employee"]))
    before = PageView.objects.count()
    assert client.get(f"/s/{open_link().token}").status_code == 200
    assert client.get("/").status_code == 200
    pageviews.write()
    assert PageView.objects.filter(route__startswith="/s/").count() == 0
    assert PageView.objects.count() > before


def test_answers_are_exported_with_their_line_of_history_and_no_formula(client: Client) -> None:
    link = open_link(OPEN)
    assert send(link.token, why="=HYPERLINK(1)").status_code == 303
    inbox.flush()
    client.force_login(Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"]))
    answer = client.get(f"/surveys/{link.survey.name}/responses.csv")
    assert answer.status_code == 200
    assert "'=HYPERLINK(1)" in answer.getvalue().decode()
    assert HistoryEntry.objects.filter(code="survey.answers_exported").count() == 1


@pytest.mark.parametrize("day", ["9999-12-31T23:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_mailing_of_another_age_is_refused(day: str) -> None:
    with pytest.raises(Refused, match="no day to begin on"):
        mailings.create(None, published(ASKED), "M", {"starts_at": day})


def test_absurd_numbers_in_addresses_break_no_page(client: Client) -> None:
    client.force_login(Person.objects.create(email="lead@example.com", name="Lead", roles=["cx_team"]))
    mailing = mailings.create(None, published(ASKED), "M")
    page = f"/surveys/stay/send/{mailing.pk}"
    assert client.get(f"{page}?width=1e-300").status_code == 200
    assert client.get(f"{page}/count?days={'9' * 5_000}").status_code == 200
    assert client.get("/surveys/stay/links/999999999999999999/code.svg").status_code == 404
    assert client.get("/api/v1/surveys/stay/sample-size?half_width=1e-300").status_code in (400, 422)


def broken(*_given: Any) -> None:
    raise RuntimeError("broken for this test")
