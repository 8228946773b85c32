"""The editor of surveys: every part added, changed, moved, copied, taken out and brought back; versions and files."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from headwater.base.models import Company, HistoryEntry, Person
from headwater.base.refusals import Refused
from headwater.listening.models import Survey, SurveyResponse
from headwater.listening.surveys import queries, services
from headwater.listening.surveys.exchange import read_file

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ours")]


@pytest.fixture
def author(analyst: Person) -> Client:
    client = Client()
    client.force_login(analyst)
    return client


@pytest.fixture
def survey(ours: Company, analyst: Person) -> Survey:
    return services.create(analyst, "After delivery", template="delivery")


def press(client: Client, survey: Survey, **values: Any) -> Any:
    found = queries.draft(survey)
    seen = found[0].edition if found else 0
    return client.post(f"/surveys/{survey.name}/edit/do", {"seen": seen, **values}, follow=True)


def ids(survey: Survey) -> list[list[str]]:
    return [[one.id for one in page.questions] for page in queries.latest(survey)[1].pages]


def test_pages_show(author: Client, survey: Survey) -> None:
    for path in (
        "",
        "/edit",
        "/edit/languages",
        "/edit/pages/p1",
        "/edit/questions/csat_delivery",
        "/edit/questions/delivery_went",
        "/versions",
    ):
        answer = author.get(f"/surveys/{survey.name}{path}")
        assert answer.status_code == 200, path
    assert author.get("/surveys").status_code == 200
    assert author.get("/surveys/new?template=contact").status_code == 200


def test_a_question_is_added_moved_copied_deleted_and_brought_back(author: Client, survey: Survey) -> None:
    assert ids(survey) == [["csat_delivery"], ["delivery_went", "delivery_why"]]
    press(author, survey, **{"do": "add:p1", "kind:p1": "single"})
    assert ids(survey) == [["csat_delivery", "q1"], ["delivery_went", "delivery_why"]]
    press(author, survey, do="down:question:q1")
    assert ids(survey) == [["csat_delivery"], ["q1", "delivery_went", "delivery_why"]]
    press(author, survey, do="copy:question:delivery_went")
    press(author, survey, do="remove:question:delivery_went")
    assert ids(survey) == [["csat_delivery"], ["q1", "q2", "delivery_why"]]
    author.post(f"/surveys/{survey.name}/edit/undo", follow=True)
    assert ids(survey) == [["csat_delivery"], ["q1", "delivery_went", "q2", "delivery_why"]]
    press(author, survey, do="place:delivery_why:p1:0")
    assert ids(survey) == [["delivery_why", "csat_delivery"], ["q1", "delivery_went", "q2"]]
    assert HistoryEntry.objects.filter(code="survey.edited", subject=f"survey:{survey.name}").count() == 5


def save(client: Client, survey: Survey, path: str, **values: Any) -> Any:
    found = queries.draft(survey)
    return client.post(f"/surveys/{survey.name}/edit{path}", {"seen": found[0].edition if found else 0, **values})


def test_a_question_is_written_in_every_language_with_its_place_and_branching(author: Client, survey: Survey) -> None:
    save(author, survey, "/languages", do="add", language="ar")
    values = {
        "kind": "single",
        "text:en": "Is it solved, {{csat_delivery|you}}?",
        "text:ar": "هل تم الحل؟",
        "option:0:text:en": "Yes, all of it",
        "option:0:text:ar": "نعم",
        "option:1:text:en": "No",
        "option:2:text:en": "",
        "required": "on",
        "place": "receive|",
        "show_if:match": "any",
        "show_if:0:question": "delivery_went:row_on_time",
        "show_if:0:test": "at_most",
        "show_if:0:values": ["1", "2"],
        "show_if:1:question": "csat_delivery",
        "show_if:1:test": "skipped",
        "show_if:2:question": "",
    }
    assert save(author, survey, "/questions/delivery_why", **values).status_code == 302
    document = queries.latest(survey)[1]
    written = document.question("delivery_why")
    assert written is not None
    assert written.show_if is not None
    assert written.text == {"en": "Is it solved, {{csat_delivery|you}}?", "ar": "هل تم الحل؟"}
    assert [(one.id, one.text["en"]) for one in written.options] == [("yes_all_of_it", "Yes, all of it"), ("no", "No")]
    assert (written.required, written.stage, written.kind) == (True, "receive", "single")
    assert written.show_if.match == "any"
    first, second = written.show_if.conditions
    assert (first.question, first.row, first.test, first.values) == ("delivery_went", "row_on_time", "at_most", ("2",))
    assert (second.question, second.test) == ("csat_delivery", "skipped")
    page = author.get(f"/surveys/{survey.name}/edit/questions/delivery_why").content.decode()
    assert 'lang="ar" dir="rtl"' in page
    assert 'data-pipe="{{csat_delivery|…}}"' in page
    assert 'data-pipe="{{delivery_why' not in page
    missing = author.get(f"/surveys/{survey.name}/edit/languages").content.decode()
    assert "Missing in Arabic" in missing


def test_answers_are_moved_and_taken_out_with_the_form_saved(author: Client, survey: Survey) -> None:
    page = queries.latest(survey)[1].pages[0].id
    press(author, survey, **{"do": f"add:{page}", f"kind:{page}": "single"})
    lines = {
        f"option:{n}:{part}": value for n in range(3) for part, value in (("id", f"o{n + 1}"), ("text:en", f"A{n}"))
    }
    save(author, survey, "/questions/q1", **lines, do="up:option:2", kind="single")
    save(author, survey, "/questions/q1", **lines, do="remove:option:0", kind="single")
    question = queries.latest(survey)[1].question("q1")
    assert question is not None
    assert [one.id for one in question.options] == ["o2", "o3"]


def test_after_a_page_the_survey_goes_where_it_says(author: Client, survey: Survey) -> None:
    press(author, survey, do="add_page")
    values = {
        "jump:0:to": "p3",
        "jump:0:0:question": "csat_delivery",
        "jump:0:0:test": "at_least",
        "jump:0:0:values": "4",
    }
    save(author, survey, "/pages/p1", **values, **{"title:en": "First"})
    page = queries.latest(survey)[1].pages[0]
    assert (page.title, page.jumps[0].to, page.jumps[0].when.conditions[0].values) == ({"en": "First"}, "p3", ("4",))
    assert press(author, survey, do="up:page:p3").status_code == 200
    assert "cannot stand there" in press(author, survey, do="up:page:p3").content.decode()


def test_the_choice_of_an_answer_to_branch_on_shows_its_tests_and_values(author: Client, survey: Survey) -> None:
    address = (
        f"/surveys/{survey.name}/edit/condition?name=show_if:0&before=delivery_why&show_if:0:question=csat_delivery"
    )
    part = author.get(address).content.decode()
    assert "is at most" in part
    assert "2 · Dissatisfied" in part
    assert "delivery_why" not in part.split("before")[0]


def test_two_editors_do_not_overwrite_each_other(author: Client, survey: Survey) -> None:
    stale = {"seen": 0, "title:en": "Mine"}
    assert save(author, survey, "", **{"title:en": "Theirs"}).status_code == 302
    answer = author.post(f"/surveys/{survey.name}/edit", stale)
    assert answer.status_code == 409
    assert "Someone else changed" in answer.content.decode()
    assert queries.latest(survey)[1].title == {"en": "Theirs"}


def test_a_survey_is_checked_published_changed_and_read_as_it_was(
    author: Client, analyst: Person, survey: Survey
) -> None:
    base = f"/surveys/{survey.name}"
    save(author, survey, "", **{"title:en": "After delivery", "privacy:en": ""})
    assert "No privacy text" in author.get(f"{base}/check").content.decode()
    edition = queries.latest(survey)[0].edition
    author.post(f"{base}/publish", {"seen": edition})
    assert queries.published_or_none(survey) is None
    author.post(f"{base}/publish", {"seen": edition, "confirmed": "on"})
    assert queries.published(survey)[0].version == 1
    SurveyResponse.objects.create(
        survey=survey, version=queries.published(survey)[0], state="complete", day="2026-01-01"
    )
    author.post(f"{base}/check/mend", {"finding": "no_privacy_text::::en", "seen": 0})
    assert queries.draft(survey) is not None
    services.publish(analyst, survey, confirmed=False)
    page = author.get(f"{base}/versions").content.decode()
    assert "Your answers are used to improve what we do" in page
    assert "1 answer<" in page.replace("\n", "")
    assert author.get(f"{base}/versions/1").status_code == 200
    assert author.get(f"{base}/versions/3").status_code == 404
    assert queries.version_of(survey, 1)[1].privacy == {}


def test_what_stops_a_survey_stops_publishing(author: Client, survey: Survey) -> None:
    for question in ("csat_delivery", "delivery_went", "delivery_why"):
        press(author, survey, do=f"remove:question:{question}")
    with pytest.raises(Refused, match="Nothing is asked"):
        services.publish(None, survey, confirmed=True)
    page = author.post(f"/surveys/{survey.name}/publish", {"confirmed": "on"}, follow=True).content.decode()
    assert "Nothing is asked" in page


def test_the_preview_is_drawn_as_for_customers_and_framed_by_us_alone(author: Client, survey: Survey) -> None:
    frame = author.get(f"/surveys/{survey.name}/preview/frame?page=p2")
    assert "How satisfied or dissatisfied are you with each part of it?" in frame.content.decode()
    assert "frame-ancestors 'self'" in frame["Content-Security-Policy"]
    assert "'none' 'self'" not in frame["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-src 'self'" in author.get(f"/surveys/{survey.name}/preview")["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in author.get("/surveys")["Content-Security-Policy"]


def test_a_survey_is_made_from_a_file_and_goes_out_as_one(author: Client, survey: Survey) -> None:
    text = author.get(f"/surveys/{survey.name}/export.yaml").content
    answer = author.post("/surveys/new", {"title": "", "language": "en", "file": SimpleUploadedFile("s.yaml", text)})
    made = Survey.objects.get(name="after-delivery-2")
    assert answer["Location"].endswith("/surveys/after-delivery-2/edit")
    assert queries.latest(made)[1] == queries.latest(survey)[1]
    wrong = SimpleUploadedFile("s.yaml", b"schema: 1\ntitle: {en: T}\npages: [{id: P}]")
    refused = author.post("/surveys/new", {"title": "", "language": "en", "file": wrong})
    assert "pages.0.id" in refused.content.decode()
    assert b"not UTF-8" not in refused.content
    assert (
        author.post("/surveys/new", {"language": "en", "file": SimpleUploadedFile("s", b"\xff\xfe")}).status_code == 400
    )


def test_closing_and_archiving_are_taken_back(author: Client, analyst: Person, survey: Survey) -> None:
    services.publish(analyst, survey)
    for act, state in (("close", "closed"), ("reopen", "open"), ("archive", "archived"), ("unarchive", "open")):
        author.post(f"/surveys/{survey.name}/state/{act}")
        survey.refresh_from_db()
        assert queries.state_of(survey) == state
    author.post(f"/surveys/{survey.name}/state/archive")
    survey.refresh_from_db()
    with pytest.raises(Refused, match="archived"):
        services.save(analyst, survey, queries.latest(survey)[1])
    assert [one.survey for one in queries.surveys(analyst)] == []
    assert [one.survey for one in queries.surveys(analyst, archived=True)] == [survey]


@pytest.mark.parametrize("path", ["/edit", "/edit/questions/csat_delivery", "/edit/languages", "/edit/pages/p1"])
def test_who_may_not_edit_reads_only(survey: Survey, employee: Person, path: str) -> None:
    client = Client()
    client.force_login(employee)
    assert client.get(f"/surveys/{survey.name}{path}").status_code == 403
    assert client.post(f"/surveys/{survey.name}{path}", {"seen": 0}).status_code == 403
    assert client.get(f"/surveys/{survey.name}/check").status_code == 200
    assert "Take this over" not in client.get(f"/surveys/{survey.name}/check").content.decode()
    for act in ("edit/do", "edit/undo", "check/mend", "publish", "duplicate", "discard", "state/close"):
        assert client.post(f"/surveys/{survey.name}/{act}", {"do": "add_page"}).status_code == 403, act


def test_hostile_forms_are_refused_not_broken(author: Client, survey: Survey) -> None:
    for do in (
        "add:p9",
        "up:question:none",
        "place:csat_delivery:p9:1",
        "place::",
        "remove:page:x",
        "fly",
        "up:",
        "add:p1",
    ):
        answer = author.post(f"/surveys/{survey.name}/edit/do", {"seen": 0, "do": do, "kind:p1": "quiz"})
        assert answer.status_code in (400, 404), do
    wrong: list[dict[str, str]] = [
        {"kind": "quiz"},
        {"kind": "rating", "scale": "9-1"},
        {"kind": "rating", "scale": "x"},
        {"kind": "open", "most_characters": "-1"},
        {"kind": "open", "attribute": "A!"},
        {"kind": "open", "text:en": "a\0b"},
        {"show_if:0:question": "delivery_why"},
        {"show_if:0:question": "csat_delivery", "show_if:0:test": "wins"},
    ]
    for values in wrong:
        answer = save(author, survey, "/questions/csat_delivery", **values)
        assert answer.status_code == 400, values
    assert queries.latest(survey)[0].edition == 0


def test_the_api_makes_checks_publishes_closes_and_exports(author: Client, survey: Survey) -> None:
    def call(method: str, path: str, body: object = None) -> Any:
        return getattr(author, method)(f"/api/v1{path}", body, content_type="application/json")

    made = call("post", "/surveys", {"title": "Exit", "template": "exit", "name": "leaving"})
    assert (made.status_code, made.json()["state"], made.json()["edition"]) == (201, "draft", 0)
    assert call("post", "/surveys", {"title": "Exit", "name": "leaving"}).status_code == 409
    document = made.json()["document"] | {"privacy": {}}
    assert call("put", "/surveys/leaving/draft", {"document": document, "edition": 7}).status_code == 409
    assert call("put", "/surveys/leaving/draft", {"document": {"schema": 3}, "edition": 0}).status_code == 400
    saved = call("put", "/surveys/leaving/draft", {"document": document, "edition": 0}).json()
    assert [one["code"] for one in call("get", "/surveys/leaving/check").json()] == ["no_privacy_text"]
    refused = call("post", "/surveys/leaving/publish", {"edition": saved["edition"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "survey.has_warnings")
    out = call("post", "/surveys/leaving/publish", {"edition": saved["edition"], "confirmed": True}).json()
    assert (out["state"], out["version"], out["has_draft"]) == ("open", 1, False)
    assert call("post", "/surveys/leaving/close").json()["state"] == "closed"
    assert read_file(author.get("/api/v1/surveys/leaving/export?format=json").content.decode()).languages == ("en",)
    assert {one["name"] for one in call("get", "/surveys").json()} == {"leaving", survey.name}
