"""The editor of surveys: every part added, changed, moved, copied, taken out and brought back; versions and files."""

from typing import Any

import pytest
from django.test import Client

from headwater.base.models import Company, HistoryEntry, Person
from headwater.listening.models import Survey
from headwater.listening.surveys import queries, services

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
