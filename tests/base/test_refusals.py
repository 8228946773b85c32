"""One refusal, three mouths; and an API that answers every error with a problem."""

import pickle
from typing import Any

import pytest
from django.test import Client

from headwater.base import tokens
from headwater.base.models import Person
from headwater.base.refusals import EXIT_STATUS, Conflict, NotFound, Refused, line, problem
from tests.base.conftest import ClientMaker, PersonMaker

MESSAGE = "12 kg is more than the 10 kg a parcel may weigh; send two <parcels>."


def test_a_refusal_is_a_line_on_the_command_line() -> None:
    assert line(Refused("x", "No.")) == "No."
    assert line(Refused("x", "No.", "weight")) == "weight: No."
    assert EXIT_STATUS == 2


def test_a_refusal_is_a_problem_in_the_api() -> None:
    assert problem(Refused("too_much", "No.", "weight")) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "No.",
        "code": "too_much",
        "field": "weight",
    }
    assert problem(NotFound("gone", "No."))["status"] == 404
    assert problem(Conflict("twice", "No."))["status"] == 409


def test_a_refusal_is_the_caller_s_affair() -> None:
    with pytest.raises(ValueError, match="4xx"):
        Refused("x", "No.", status=500)


@pytest.mark.django_db
def test_a_refusal_is_a_page_with_its_words_and_no_markup_of_theirs() -> None:
    response = Client().get("/refusing")
    page = response.content.decode()
    assert response.status_code == 400
    assert "more than the 10 kg" in page
    assert "<parcels>" not in page
    assert "<main" in page


@pytest.mark.django_db
def test_a_refusal_of_a_fragment_is_a_message_that_leaves_the_page_as_it_is() -> None:
    response = Client().get("/refusing", headers={"HX-Request": "true"})
    assert response.status_code == 400
    assert "<main" not in response.content.decode()
    assert 'role="alert"' in response.content.decode()
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#toasts", "beforeend")


@pytest.fixture
def token(make_person: PersonMaker) -> str:
    person = make_person("analyst")
    return tokens.create_token(person, person, "t", ["view:figures", "import:signals"])[1]


def call(method: str, address: str, token: str | None = None, **options: Any) -> tuple[int, dict[str, Any], str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    response = getattr(Client(raise_request_exception=False), method)(f"/api/v1{address}", headers=headers, **options)
    return response.status_code, response.json(), response["Content-Type"]


def test_a_token_opens_the_api_as_its_person(token: str) -> None:
    assert call("get", "/whoami", token)[:2] == (200, {"name": Person.objects.get().name})


@pytest.mark.django_db
@pytest.mark.parametrize("given", [None, "hw_0000000000_x", "x"])
def test_without_a_token_in_use_the_api_says_how_to_send_one(given: str | None) -> None:
    for method, address in (("get", "/whoami"), ("post", "/notes")):
        status, body, kind = call(method, address, given)
        assert (status, body["status"], kind) == (401, 401, "application/problem+json")
        assert "Authorization: Bearer" in body["detail"]


def test_a_token_does_only_what_its_scopes_say(make_person: PersonMaker) -> None:
    person = make_person("analyst")
    narrow = tokens.create_token(person, person, "t", ["view:figures"])[1]
    status, body, _kind = call(
        "post", "/notes", narrow, data={"number": 1, "text": "a"}, content_type="application/json"
    )
    assert (status, body["code"]) == (403, "not_allowed")


def test_input_of_the_wrong_kind_says_where(token: str) -> None:
    given = {"number": "many", "text": None}
    status, body, kind = call("post", "/notes", token, data=given, content_type="application/json")
    assert (status, body["code"], kind) == (422, "invalid_input", "application/problem+json")
    assert [error["where"] for error in body["errors"]] == ["number", "text"]
    assert body["detail"].startswith("number: ")


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"number": 1', "\x00", '"' + "x" * 100])
def test_input_that_cannot_be_read_is_a_problem(content: str, token: str) -> None:
    status, body, kind = call("post", "/notes", token, data=content, content_type="application/json")
    assert status in (400, 422)
    assert (body["status"], kind) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "address", "status", "words"),
    [
        ("get", "/missing", 404, "Nothing matches"),
        ("get", "/teapot", 429, "Too many cups"),
        ("get", "/no/such/place", 404, "Nothing matches"),
        ("delete", "/whoami", 405, ""),
        ("get", "/broken", 500, ""),
    ],
)
def test_every_error_of_the_api_is_a_problem(method: str, address: str, status: int, words: str, token: str) -> None:
    found, body, kind = call(method, address, token)
    assert (found, body["status"], kind) == (status, status, "application/problem+json")
    assert words in body["detail"]
    assert "secret" not in str(body)


def test_a_refusal_in_the_api_names_its_field(token: str) -> None:
    given = {"number": -3, "text": "a"}
    status, body, _kind = call("post", "/notes", token, data=given, content_type="application/json")
    assert (status, body["code"], body["field"]) == (400, "number_negative", "number")
    assert "-3" in body["detail"]


def test_a_body_that_is_too_large_is_refused(token: str, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    given = {"number": 1, "text": "x" * 200}
    status, body, kind = call("post", "/notes", token, data=given, content_type="application/json")
    assert (status, body["status"], kind) == (413, 413, "application/problem+json")


def test_a_signed_in_browser_reads_the_api_and_changes_it_only_from_our_pages(
    make_person: PersonMaker, browser_of: ClientMaker
) -> None:
    browser = browser_of(make_person("analyst"), enforce_csrf_checks=True)
    assert browser.get("/api/v1/whoami").status_code == 200
    given = {"number": 1, "text": "a"}
    forged = browser.post("/api/v1/notes", given, content_type="application/json")
    assert (forged.status_code, forged["Content-Type"]) == (403, "application/problem+json")
    browser.get("/me")
    token = browser.cookies["csrftoken"].value
    ours = browser.post("/api/v1/notes", given, content_type="application/json", headers={"X-CSRFToken": token})
    assert ours.status_code == 200


def test_a_wrong_token_is_not_made_good_by_a_session(employee: Person, browser_of: ClientMaker) -> None:
    response = browser_of(employee).get("/api/v1/whoami", headers={"Authorization": "Bearer hw_x_y"})
    assert response.status_code == 401


class Shut(Refused):
    """A refusal that is made in a way of its own."""

    def __init__(self, language: str) -> None:
        super().__init__("shut", "Geschlossen.", status=410)
        self.language = language


def test_a_refusal_goes_from_one_process_to_another() -> None:
    for one in (Refused("a", "b", "field", status=429), NotFound("a", "b"), Shut("de")):
        again = pickle.loads(pickle.dumps(one))
        assert (type(again), str(again), again.__dict__) == (type(one), str(one), one.__dict__)
