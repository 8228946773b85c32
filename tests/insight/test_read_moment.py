"""One moment's page: its figures, who does what, what holds there, and words for those who may read them."""

from collections.abc import Callable

import pytest
from django.test import Client

from headwater.base.models import Person
from headwater.insight.line_of_sight import judged
from headwater.insight.moments import moment_ranking
from headwater.journey.moments import set_leader
from headwater.science.results import NoVerdict
from headwater.strategy import guideposts
from tests.insight.conftest import Label, Write, complaint
from tests.insight.test_rank_moments import deliveries, signed_in, traced

__all__ = ["deliveries", "signed_in", "traced"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journey"), pytest.mark.reads_record]
SignIn = Callable[..., Client]


def test_whoever_works_at_a_moment_reads_how_it_goes_and_what_holds_there(signed_in: SignIn, deliveries: None) -> None:
    leader = Person.objects.create(email="head@example.com", name="The head of deliveries", roles=["executive"])
    set_leader(None, "promised_day", leader)
    guideposts.change_guidepost(None, "promised_day", {"always": ["Name the day, not “soon”."]})
    guideposts.publish(None)
    employee = signed_in("employee")
    page = employee.get("/journey/moments/promised_day").content.decode()
    said = page.replace("\u202f", " ").replace("\xa0", " ")
    assert "“It comes on the promised day” goes wrong for 25 % of the 400 customers who pass it" in said
    assert "Keeps the day, or tells a new one while it can still be changed." in page
    assert "The head of deliveries" in page
    assert "Change this moment" not in page
    loaded = "/guideposts/for/promised_day?empty=1"
    assert f'hx-get="{loaded}"' in page
    assert "Name the day, not “soon”." in employee.get(loaded).content.decode()
    nothing = "/guideposts/for/pay?empty=1"
    assert "Nobody has written yet" in employee.get(nothing).content.decode()
    assert "Write it" not in employee.get(nothing).content.decode()
    assert "Write it" in signed_in("cx_team").get(nothing).content.decode()
    assert "Change this moment" in signed_in("cx_team").get("/journey/moments/promised_day").content.decode()


def test_words_are_for_those_who_may_read_them(signed_in: SignIn, write: Write, label: Label) -> None:
    write([complaint(n, text=f"The card was charged twice, number {n}, and nobody answers.") for n in range(3)])
    label({str(n): {"stage": "order", "moment": "pay"} for n in range(3)})
    assert "charged twice" in signed_in("cx_team").get("/journey/moments/pay").content.decode()
    page = signed_in("employee").get("/journey/moments/pay").content.decode()
    assert "charged twice" not in page
    assert "These words are for the people" in page


def test_a_handful_of_customers_is_no_share(write: Write, label: Label, signed_in: SignIn) -> None:
    write([complaint(n, customer_id=f"c{n}") for n in range(3)])
    label({str(n): {"moment": "pay"} for n in range(3)})
    row = judged(moment_ranking().of("pay"))
    assert row is not None
    assert isinstance(row.goes_wrong, NoVerdict)
    assert (row.goes_wrong.code, row.goes_wrong.n) == ("small_base", 3)
    page = signed_in("employee").get("/journey/moments/pay").content.decode()
    assert "how often it goes wrong cannot be said yet" in page
    assert "100" not in page[page.index("Goes wrong for") : page.index("Score there")]


def test_strangers_and_what_is_not_there(signed_in: SignIn, record: object) -> None:
    assert Client().get("/journey/moments/pay").status_code == 302
    assert signed_in("employee").get("/journey/moments/nowhere").status_code == 404
    assert signed_in("employee").get("/journey/moments/pay", {"where": "customer_id = 'c1'"}).status_code == 403
    page = signed_in("employee").get("/journey/moments/pay")
    assert (page.status_code, "Nothing in the record shows yet" in page.content.decode()) == (200, True)
