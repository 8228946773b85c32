"""Open links take answers from anybody, up to their limits, however many come at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from headwater.base.models import Company, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.listening import inbox
from headwater.listening.models import AnswerRate, SurveyLink, SurveyResponse
from headwater.listening.surveys import due, flood
from headwater.listening.surveys.links import close_link, create_link, limit_link, reopen_link
from headwater.listening.surveys.tokens import new_token
from tests.listening.answered import TWO_PAGES, open_link, published, send


def test_a_link_takes_so_many_an_hour(ours: Company) -> None:
    link = open_link(most_an_hour=3)
    statuses = [send(link.token, nps=9).status_code for _number in range(5)]
    assert statuses == [303, 303, 303, 429, 429]
    assert SurveyResponse.objects.count() == 3
    refused = send(link.token, nps=9)
    assert refused["Retry-After"] == "3600"
    assert "try again later" in refused.content.decode()
    limit_link(None, link, most_an_hour=4, most_from_an_address=60)
    assert send(link.token, nps=9).status_code == 303
    assert flood.forget_old(timezone.now()) == 0
    assert flood.forget_old(timezone.now() + flood.DAY) > 0


def test_one_address_gets_its_share_and_is_not_kept(ours: Company) -> None:
    link = open_link(most_from_an_address=2)

    def from_address(address: str) -> int:
        posted = Client(REMOTE_ADDR=address).post(f"/s/{link.token}/first", {"q.nps": "3"})
        return int(posted.status_code)

    assert [from_address("203.0.113.9") for _number in range(3)] == [303, 303, 429]
    # An IPv6 connection is a /64: whatever is behind the last half is the same visitor.
    assert [from_address(f"2001:db8:1:2::{n}") for n in (1, 2, 3)] == [303, 303, 429]
    assert from_address("2001:db8:1:3::1") == 303
    assert from_address("203.0.113.10") == 303
    assert not [row for row in AnswerRate.objects.all() if "203.0" in row.key or "2001" in row.key]


def test_a_page_that_goes_on_is_not_counted_again(ours: Company) -> None:
    link = open_link(TWO_PAGES, most_an_hour=1)
    client = Client()
    assert send(link.token, client=client, nps=3).status_code == 303
    assert send(link.token, "second", client=client, why="late")["Location"].endswith("/end")
    assert send(link.token, nps=3).status_code == 429


def test_somebody_else_at_the_same_browser_answers_too(ours: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood, "MOST_FROM_A_BROWSER", 3)
    link = open_link()
    client = Client()
    send(link.token, client=client, nps=3)
    thanks = client.get(f"/s/{link.token}").content.decode()
    assert f"/s/{link.token}?again=1" in thanks
    for _number in range(flood.MOST_FROM_A_BROWSER - 1):
        page = client.get(f"/s/{link.token}?again=1").content.decode()
        resume = page.split('name="resume" value="')[1].split('"')[0]
        assert send(link.token, client=client, nps=4, _resume=resume).status_code == 303
    page = client.get(f"/s/{link.token}?again=1").content.decode()
    resume = page.split('name="resume" value="')[1].split('"')[0]
    assert send(link.token, client=client, nps=4, _resume=resume).status_code == 429
    assert SurveyResponse.objects.count() == flood.MOST_FROM_A_BROWSER


@pytest.mark.django_db(transaction=True)
def test_limits_hold_and_answers_count_once_when_all_come_at_the_same_time(home: object) -> None:
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("its test database is in memory, for one thread; python -m bench.answers floods a real one")
    link = open_link(most_an_hour=20)
    same = new_token()

    def answer(number: int) -> int:
        try:
            return int(send(link.token, nps=number % 11, _resume=same if number % 4 == 0 else new_token()).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as visitors:
        statuses = list(visitors.map(answer, range(48)))
    assert set(statuses) == {303, 429}
    assert SurveyResponse.objects.filter(state="complete").count() == 20
    assert (due.waiting(), inbox.flush()) == (20, 20)
    assert AnswerRate.objects.get(key__startswith="link:").count == 20


def test_a_closed_link_takes_nothing(ours: Company) -> None:
    link = open_link()
    close_link(None, link)
    assert (Client().get(f"/s/{link.token}").status_code, send(link.token, nps=1).status_code) == (410, 410)
    reopen_link(None, close_link(None, link))
    assert send(link.token, nps=1).status_code == 303


def test_links_are_made_by_those_who_send_surveys(ours: Company, employee: Person) -> None:
    survey = published(TWO_PAGES)
    with pytest.raises(NotAllowed):
        create_link(employee, survey, "Receipt")
    for wrong in (
        {"title": ""}, {"title": "x" * 121}, {"kind": "fax"}, {"attributes": {"question": "x"}},
        {"attributes": {"a": "x" * 101}}, {"attributes": {f"a{n}": "x" for n in range(21)}}, {"most_an_hour": 0},
    ):  # fmt: skip
        with pytest.raises(Refused):
            create_link(None, survey, **{"title": "Receipt", **wrong})  # type: ignore[arg-type]
    assert not SurveyLink.objects.exists()
