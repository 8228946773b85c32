"""The web snippet: one small script on a foreign page with a strict policy, whose answers are stored."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client

from headwater.base.company import ensure_company
from headwater.base.models import Company
from headwater.listening.models import Survey, SurveyLink, SurveyResponse
from headwater.listening.surveys import links, snippet
from headwater.listening.surveys.queries import published
from headwater.listening.surveys.services import Refused
from tests.browser import Reader
from tests.listening.survey_answers import make_survey

ORIGIN = "https://shop.example"
KEY = "0123456789abcdef" * 2


def make_snippet(survey: Survey, **settings: Any) -> SurveyLink:
    link = links.create_link(None, survey, "Help pages", "web", {"place": "help"})
    snippet.change_settings(None, link, snippet.read_settings({"origins": [ORIGIN], "delay": 0, **settings}))
    return link


@pytest.fixture
def link(ours: Company) -> SurveyLink:
    return make_snippet(make_survey())


def send(client: Client, link: SurveyLink, answers: Any, origin: str = ORIGIN, **more: Any) -> Any:
    body = json.dumps({"key": KEY, "language": "en", "answers": answers, **more})
    return client.post(f"/snippet/{link.token}/answers", body, content_type="text/plain", headers={"origin": origin})


def test_the_script_is_small_and_speaks_the_visitors_language(client: Client, link: SurveyLink) -> None:
    script = client.get(f"/snippet/{link.token}.js", headers={"accept-language": "ar-EG,en;q=0.5"})
    assert len(script.content) < 15_000
    assert script["Content-Type"].startswith("text/javascript")
    assert "هل توصي بنا؟" in script.content.decode()
    assert '"direction":"rtl"' in script.content.decode()
    assert '"from":0,"to":10' in script.content.decode()
    assert not script.cookies
    assert '"direction":"ltr"' in client.get(f"/snippet/{link.token}.js?lang=en-GB").content.decode()


def test_a_long_survey_does_not_make_a_long_script(ours: Company) -> None:
    long = "A question with many words. " * 60
    questions = [{"id": f"q{n}", "kind": "rating", "text": {"en": long}} for n in range(10)]
    survey = make_survey(languages=["en"], title={"en": "T"}, privacy={}, pages=[{"id": "p", "questions": questions}])
    link = make_snippet(survey)
    made = snippet.script(link, published(survey)[1], "en")
    assert b'"id":"q0"' in made
    assert b'"id":"q9"' not in made
    assert b'"more":true' in made
    assert len(made) < 15_000


def test_words_of_a_survey_cannot_end_the_script(ours: Company) -> None:
    survey = make_survey(title={"en": "</script><script>alert(1)//\u2028"})
    made = snippet.script(make_snippet(survey), published(survey)[1], "en").decode()
    assert "</script>" not in made
    assert "\u2028" not in made


def test_nothing_is_asked_once_it_is_closed(client: Client, link: SurveyLink) -> None:
    links.close_link(None, link)
    assert client.get(f"/snippet/{link.token}.js").content == snippet.NOTHING
    assert send(client, link, {"recommend": 9}).status_code == 403
    assert client.get("/snippet/nothing-of-this-name.js").status_code == 404


def test_an_answer_is_kept_and_counts_once_however_often_it_is_sent(client: Client, link: SurveyLink) -> None:
    first = send(client, link, {"recommend": 9, "way": "app"}, shown=["recommend", "way"])
    again = send(client, link, {"recommend": 9, "way": "app"}, shown=["recommend", "way"])
    assert (first.status_code, again.status_code) == (200, 200)
    response = SurveyResponse.objects.get()
    assert response.answers == {"recommend": 9, "way": "app"}
    assert response.page == "second"
    assert first["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Credentials" not in first
    assert not first.cookies
    go_on = client.get(first.json()["next"])
    assert go_on["Location"] == f"/s/{link.token}"
    page = client.get(go_on["Location"]).content.decode()
    assert "How good was each part?" in page


def test_a_link_to_go_on_works_once_so_that_nobody_can_plant_it(client: Client, ours: Company) -> None:
    """Who begins an answer and sends the link to somebody else does not get to see what that one answers."""
    kinds = {"one": "rating", "two": "open", "three": "open"}
    asked = [
        {"id": f"p{id}", "questions": [{"id": id, "kind": kind, "text": {"en": id}}]} for id, kind in kinds.items()
    ]
    link = make_snippet(make_survey(languages=["en"], title={"en": "T"}, privacy={}, pages=asked))
    planted = send(client, link, {"one": 4}).json()["next"]
    assert client.head(planted).status_code == 303
    victim, attacker = Client(), Client()
    victim.get(planted)
    victim.post(f"/s/{link.token}/ptwo", {"q.two": "my own words"})
    assert "my own words" in victim.get(f"/s/{link.token}/ptwo").content.decode()
    attacker.cookies["answer"] = KEY
    assert "my own words" not in attacker.get(f"/s/{link.token}/ptwo").content.decode()
    again = Client().get(planted)
    assert (again["Location"], dict(again.cookies)) == (f"/s/{link.token}", {})


def test_the_last_page_completes_the_response(client: Client, ours: Company) -> None:
    pages = [{"id": "p", "questions": [{"id": "stars", "kind": "rating", "text": {"en": "How good?"}}]}]
    link = make_snippet(make_survey(languages=["en"], title={"en": "T"}, privacy={}, thanks={"en": "Bye"}, pages=pages))
    said = send(client, link, {"stars": 4}, shown=["stars"])
    assert said.json() == {"thanks": "Bye"}
    assert SurveyResponse.objects.get().state == "complete"


@pytest.mark.parametrize(
    "origin", ["https://other.example", "http://shop.example", "null", "", f"{ORIGIN}.evil.example"]
)
def test_pages_of_other_origins_may_not_answer(client: Client, link: SurveyLink, origin: str) -> None:
    refused = send(client, link, {"recommend": 9}, origin)
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused
    assert not SurveyResponse.objects.exists()


NO_ANSWERS = ["", "[]", "{}", '{"key":"x","answers":{}}', json.dumps({"key": KEY, "answers": [1]}), "[" * 50_000]


@pytest.mark.parametrize("body", [*NO_ANSWERS, "x" * 70_000])
def test_what_is_no_answer_is_refused(client: Client, link: SurveyLink, body: str) -> None:
    said = client.post(f"/snippet/{link.token}/answers", body, content_type="text/plain", headers={"origin": ORIGIN})
    assert said.status_code in (400, 413)
    assert said.json()["message"]
    assert not SurveyResponse.objects.exists()


@pytest.mark.parametrize("answers", [{"recommend": 11}, {"recommend": "x"}, {"way": "boat"}, {"recommend": None}])
def test_answers_that_were_not_offered_are_not_stored(client: Client, link: SurveyLink, answers: Any) -> None:
    assert send(client, link, answers).status_code == 422
    assert not SurveyResponse.objects.exists()


def test_the_links_hourly_limit_holds(client: Client, link: SurveyLink) -> None:
    links.limit_link(None, link, most_an_hour=2, most_from_an_address=60)
    codes = [send(client, link, {"recommend": 9}, key=f"{n:032x}").status_code for n in range(4)]
    assert codes == [200, 200, 429, 429]
    assert SurveyResponse.objects.count() == 2


@pytest.mark.parametrize("wrong", [
    {"origins": ["shop.example"]}, {"origins": ["https://shop.example/path"]}, {"origins": ["javascript:alert(1)"]},
    {"origins": ["https://user@shop.example"]}, {"pages": ["help"]}, {"delay": -1}, {"share": 0}, {"more": 1},
])  # fmt: skip
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        snippet.read_settings(wrong)


def test_origins_are_kept_as_browsers_send_them() -> None:
    kept = snippet.read_settings({"origins": ["HTTPS://Shop.Example:443/", "http://[::1]:8080"]})
    assert kept.origins == ("https://shop.example", "http://[::1]:8080")


# --- in a browser, on a page of somebody else


@pytest.fixture
def host() -> Iterator[dict[str, str]]:
    """A page of another origin; what it says and its policy may be changed while it is served."""
    page = {"body": "", "policy": ""}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/help/orders":
                self.send_error(404)
                return
            head = '<!doctype html><html lang="en"><title>Help</title><link rel="icon" href="data:,">'
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Security-Policy", page["policy"])
            self.end_headers()
            self.wfile.write((head + page["body"]).encode())

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    page["origin"] = f"http://127.0.0.1:{server.server_port}"
    yield page
    server.shutdown()
    server.server_close()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_visitor_of_a_strict_foreign_page_answers_and_closes_by_keyboard(
    ours: Company, reader: Reader, host: dict[str, str]
) -> None:
    ensure_company(name="Ours", time_zone="Europe/Berlin")
    link = make_snippet(make_survey(), origins=[host["origin"]], pages=["/help/*"])
    home = reader.address
    host["policy"] = f"default-src 'none'; script-src {home}; connect-src {home}; img-src data:"
    host["body"] = (
        f'<main><a href="#x" id="x">Help</a></main><script async src="{home}/snippet/{link.token}.js"></script>'
    )
    context = reader.browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", reduced_motion="reduce"
    )
    reader.contexts.append(context)
    page = context.new_page()
    page.on("console", reader._hear)
    page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    page.goto(f"{host['origin']}/help/orders")

    box = page.get_by_role("dialog", name="Your last order")
    box.wait_for()
    assert (
        page.evaluate("document.querySelector('[data-headwater]').shadowRoot.activeElement.getAttribute('role')")
        == "dialog"
    )
    assert (
        box.evaluate("one => getComputedStyle(one).borderTopLeftRadius") == "10px"
    )  # its style came through the policy
    page.keyboard.press("Escape")
    box.wait_for(state="detached")

    page.locator("#x").focus()
    page.evaluate("document.dispatchEvent(new Event('headwater:open'))")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "x"

    page.evaluate("document.dispatchEvent(new Event('headwater:open'))")
    box.get_by_role("button", name="Next").click()
    assert box.get_by_role("alert").inner_text() == "Please answer this question."
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    box.get_by_label("In the app").check()
    box.get_by_role("button", name="Next").click()
    on = box.get_by_role("link", name="Next")
    on.wait_for()
    response = SurveyResponse.objects.get()
    assert response.answers == {"recommend": 1, "way": "app"}
    assert (response.link_id, response.language) == (link.pk, "en")

    page.goto(str(on.get_attribute("href")))
    page.get_by_text("How good was each part?").wait_for()
    assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]

    page.goto(f"{host['origin']}/help/orders")
    box.wait_for()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert reader.complaints == []

    host["policy"] = f"default-src 'none'; script-src {home}; img-src data:; require-trusted-types-for 'script'"
    page.goto(f"{host['origin']}/help/orders")
    box.locator("input[value='7']").check()
    box.get_by_role("button", name="Next").click()
    elsewhere = box.get_by_role("link", name="Answer on a page of its own").first
    elsewhere.wait_for()
    assert elsewhere.get_attribute("href") == f"{home}/s/{link.token}?q=recommend&v=7"
    assert SurveyResponse.objects.count() == 1
    assert all("connect-src" in one or "Fetch API" in one for one in reader.complaints), reader.complaints
    reader.complaints.clear()
