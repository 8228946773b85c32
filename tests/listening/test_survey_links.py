"""Links that anybody may answer through: made, counted, closed, drawn as codes, and offered to programs."""

import struct
import zlib
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest
import segno
from django.test import Client

from headwater.base.models import Company, Person
from headwater.base.tokens import create_token
from headwater.listening.models import Survey, SurveyLink
from headwater.listening.surveys import links, qr
from headwater.listening.surveys.answering import address
from tests.listening.survey_answers import answer, make_survey

SignIn = Callable[[str], Client]


@pytest.fixture
def survey(ours: Company) -> Survey:
    return make_survey()


@pytest.fixture
def sign_in(client: Client) -> SignIn:
    def made(role: str) -> Client:
        person = Person.objects.create(email=f"{role}@example.com", name=role, roles=[role])
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return made


def test_a_link_is_made_counted_closed_and_opened_again(survey: Survey, sign_in: SignIn) -> None:
    lead = sign_in("cx_team")
    assert "Nobody can answer by link yet" in lead.get("/surveys/orders/links").content.decode()
    given = {"title": "Receipt", "kind": "qr", "attributes": "branch = Old town\n\nshop=3"}
    made = lead.post("/surveys/orders/links", given, follow=True)
    link = SurveyLink.objects.get()
    assert (link.kind, link.attributes) == ("qr", {"branch": "Old town", "shop": "3"})
    assert address(link.token) in made.content.decode()
    where = f"/surveys/orders/links/{link.pk}"
    assert "is closed" in lead.post(f"{where}/close", follow=True).content.decode()
    assert lead.get(f"/s/{link.token}").status_code == 410
    lead.post(f"{where}/reopen")
    assert lead.get(f"/s/{link.token}").status_code == 200
    assert "1 of 1 links take answers" in lead.get("/surveys/orders/links").content.decode()


@pytest.mark.parametrize("given", [
    {"title": "", "kind": "open"}, {"title": "x" * 121, "kind": "open"}, {"title": "A", "kind": "boat"},
    {"title": "A", "kind": "open", "attributes": "no attribute"},
    {"title": "A", "kind": "open", "attributes": "wave = 7"},
])  # fmt: skip
def test_a_link_that_makes_no_sense_is_refused_where_it_can_be_mended(
    survey: Survey, sign_in: SignIn, given: dict[str, str]
) -> None:
    said = sign_in("cx_team").post("/surveys/orders/links", given)
    assert said.status_code == 400
    assert "errorlist" in said.content.decode()
    assert not SurveyLink.objects.exists()


def test_only_those_who_send_surveys_make_links(survey: Survey, sign_in: SignIn) -> None:
    employee = sign_in("employee")
    assert employee.get("/surveys/orders/links").status_code == 200
    assert employee.post("/surveys/orders/links", {"title": "A", "kind": "open"}).status_code == 403
    link = links.create_link(None, survey, "A", "web")
    assert employee.post(f"/surveys/orders/links/{link.pk}/close").status_code == 403
    assert employee.post(f"/surveys/orders/links/{link.pk}", {"trigger": "delay"}).status_code == 403
    assert employee.get("/surveys/orders/links/999").status_code == 404


def test_what_a_snippet_is_set_to_is_kept_and_what_is_wrong_is_shown(survey: Survey, sign_in: SignIn) -> None:
    lead = sign_in("cx_team")
    link = links.create_link(None, survey, "Help", "web")
    given = {"origins": "https://shop.example\nhttps://www.shop.example/", "pages": "/help/*", "trigger": "scroll",
             "delay": "3", "scroll": "40", "share": "20", "once": "on", "theme": "dark"}  # fmt: skip
    said = lead.post(f"/surveys/orders/links/{link.pk}", given, follow=True).content.decode()
    link.refresh_from_db()
    assert link.settings["origins"] == ["https://shop.example", "https://www.shop.example"]
    assert link.settings["trigger"] == "scroll"
    assert f"/snippet/{link.token}.js" in said
    wrong = lead.post(f"/surveys/orders/links/{link.pk}", {**given, "origins": "shop.example"})
    assert wrong.status_code == 400
    assert "is no origin" in wrong.content.decode()


@pytest.mark.parametrize("level", qr.LEVELS)
def test_a_code_says_the_address_at_the_level_chosen_with_its_quiet_zone(level: qr.Level) -> None:
    where = "https://feedback.example.com/s/6auRP4XHbYehgaNriX9SLYOo"
    expected = segno.make(where, error=level, micro=False, boost_error=False)
    assert expected.error == level
    size = expected.symbol_size(border=0)[0]
    drawn = pixels(qr.png(where, level))
    assert drawn.shape == ((size + 2 * qr.QUIET_ZONE) * qr.PNG_SCALE,) * 2
    modules = drawn[:: qr.PNG_SCALE, :: qr.PNG_SCALE]
    inside = modules[qr.QUIET_ZONE : -qr.QUIET_ZONE, qr.QUIET_ZONE : -qr.QUIET_ZONE]
    assert (inside == np.array([list(row) for row in expected.matrix])).all()
    assert modules.sum() == inside.sum()
    root = ElementTree.fromstring(qr.svg(where, level))
    assert root.get("width") == str((size + 2 * qr.QUIET_ZONE) * qr.PNG_SCALE)


def pixels(png: bytes) -> "np.ndarray[tuple[int, int], np.dtype[np.uint8]]":
    """1 where a one-bit greyscale PNG is black."""
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (depth, colour) == (1, 0)
    data, at = b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        data += png[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, -1)
    assert set(lines[:, 0]) <= {0, 2}  # each line as it is, or less the line above
    plain = lines[:, 1:].copy()
    for row in np.flatnonzero(lines[:, 0] == 2):
        plain[row] += plain[row - 1]
    return 1 - np.unpackbits(plain, axis=1)[:, :width]


def test_codes_are_downloaded_and_printed(survey: Survey, sign_in: SignIn) -> None:
    lead = sign_in("cx_team")
    link = links.create_link(None, survey, "Counter", "qr")
    where = f"/surveys/orders/links/{link.pk}"
    svg = lead.get(f"{where}/code.svg?level=H&download")
    assert svg["Content-Disposition"] == f'attachment; filename="orders-{link.pk}.svg"'
    assert lead.get(f"{where}/code.png?level=L").content.startswith(b"\x89PNG")
    assert lead.get(f"{where}/code.png?level=Z").status_code == 400
    sheet = lead.get(f"{where}/print").content.decode()
    assert "Your last order" in sheet
    assert 'lang="ar" dir="rtl">طلبك الأخير' in sheet


def test_programs_make_links_and_read_results(survey: Survey, sign_in: SignIn) -> None:
    lead = Person.objects.create(email="api@example.com", name="API", roles=["cx_team"])
    _token, key = create_token(lead, lead, "test", ["view:surveys", "view:figures", "send:surveys", "edit:surveys"])
    headers = {"authorization": f"Bearer {key}"}
    client, base = Client(), "/api/v1/surveys/orders"
    body = {"title": "Help", "kind": "web", "settings": {"origins": ["https://shop.example"], "share": 10}}
    made = client.post(f"{base}/links", body, content_type="application/json", headers=headers)
    assert made.status_code == 201
    assert made.json()["settings"]["share"] == 10
    wrong = {"title": "Help", "settings": {"origins": ["x"]}}
    assert client.post(f"{base}/links", wrong, content_type="application/json", headers=headers).status_code == 400
    closed = client.post(f"{base}/links/{made.json()['id']}/close", headers=headers)
    assert closed.json()["closed_at"]
    answer(survey, [{"recommend": 10 if n < 30 else 2, "way": "app" if n < 30 else "shop"} for n in range(60)])
    found = client.get(f"{base}/results", headers=headers).json()
    assert found["responses"] == 60
    assert found["questions"][0]["scores"][0]["result"]["estimate"] == 0
    split = client.get(f"{base}/results/recommend/segments?by=attribute:way", headers=headers).json()
    assert [(one["segment"], one["found"]) for one in split["segments"]] == [("app", True), ("shop", True)]
    over = client.get(f"{base}/results/recommend/trend", headers=headers).json()
    assert [one["n"] for one in over["points"]] == [60]
    assert client.get(f"{base}/results?wave=9", headers=headers).status_code == 404
    assert client.get(f"{base}/results").status_code == 401
