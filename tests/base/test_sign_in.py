"""Sign-in: with the right password, not too often, and never by signing up."""

import re

import pytest
from django.core import mail
from django.test import Client

from headwater.base import worker
from headwater.base.models import OutboxMail, Person
from tests.base.conftest import PASSWORD, ClientMaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(employee: Person) -> Person:
    employee.set_password(PASSWORD)
    employee.save()
    return employee


def sign_in(browser: Client, email: str, password: str = PASSWORD, **options: str) -> int:
    return browser.post("/account/login/", {"login": email, "password": password}, **options).status_code  # type: ignore[arg-type]


def is_in(browser: Client) -> bool:
    return browser.get("/me").status_code == 200


def test_the_right_password_opens_and_signing_out_closes(member: Person) -> None:
    browser = Client()
    assert browser.get("/account/login/").status_code == 200
    assert sign_in(browser, member.email.upper()) == 302
    assert is_in(browser)
    browser.post("/account/logout/")
    assert not is_in(browser)


def test_after_signing_in_one_is_where_one_wanted_to_be_and_never_elsewhere(member: Person) -> None:
    given = {"login": member.email, "password": PASSWORD}
    assert Client().post("/account/login/?next=/history", given)["Location"] == "/history"
    assert Client().post("/account/login/?next=https://evil.example/", given)["Location"] == "/welcome"


@pytest.mark.parametrize(("email", "password"), [("", PASSWORD), ("nobody@example.com", PASSWORD), (None, "wrong")])
def test_anything_else_does_not_and_looks_the_same(email: str | None, password: str, member: Person) -> None:
    browser = Client()
    response = browser.post(
        "/account/login/", {"login": member.email if email is None else email, "password": password}
    )
    assert response.status_code == 200
    assert not is_in(browser)


def test_a_closed_account_cannot_sign_in(member: Person) -> None:
    Person.objects.update(is_active=False)
    browser = Client()
    sign_in(browser, member.email)
    assert not is_in(browser)


def test_guessing_is_slowed_down(member: Person) -> None:
    browser = Client()
    for _guess in range(5):
        sign_in(browser, member.email, "wrong")
    sign_in(browser, member.email)
    assert not is_in(browser), "even the right password has to wait now"


def test_sign_up_is_closed() -> None:
    browser = Client()
    given = {"email": "stranger@example.com", "password1": PASSWORD}
    assert "made by your administrator" in browser.get("/account/signup/").content.decode()
    browser.post("/account/signup/", given)
    assert not Person.objects.exists()


@pytest.mark.parametrize("address", ["/account/email/", "/account/confirm-email/", "/account/login/code/"])
def test_what_this_product_does_not_offer_is_not_there(address: str, member: Person, browser_of: ClientMaker) -> None:
    assert browser_of(member).get(address).status_code == 404


def test_a_password_is_changed_with_the_old_one(member: Person) -> None:
    browser, elsewhere = Client(), Client()
    sign_in(browser, member.email)
    sign_in(elsewhere, member.email)
    new = "another river to the sea"
    given = {"oldpassword": "wrong", "password1": new, "password2": new}
    assert browser.get("/account/password/change/").status_code == 200
    browser.post("/account/password/change/", given)
    member.refresh_from_db()
    assert member.check_password(PASSWORD)
    browser.post("/account/password/change/", {**given, "oldpassword": PASSWORD})
    member.refresh_from_db()
    assert member.check_password(new)
    assert not is_in(elsewhere), "other sessions are over"


def test_a_forgotten_password_is_replaced_with_a_link_by_mail(
    member: Person, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Client()
    assert browser.get("/account/password/reset/").status_code == 200
    browser.post("/account/password/reset/", {"email": member.email})
    text = OutboxMail.objects.get().text
    (path,) = re.findall(r"http://testserver(/account/password/reset/key/\S+)", text)
    page = browser.get(path, follow=True)
    new = "another river to the sea"
    browser.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
    assert sign_in(Client(), member.email, new) == 302
    assert "Ask for a new link" in Client().get(path, follow=True).content.decode()


def test_asking_for_a_link_tells_a_stranger_nothing(member: Person) -> None:
    known = Client().post("/account/password/reset/", {"email": member.email})
    unknown = Client().post("/account/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert {row.to for row in OutboxMail.objects.all()} <= {member.email, "nobody@example.com"}
    worker.run_due()
    assert mail.outbox == [] or {to for sent in mail.outbox for to in sent.to} <= {member.email, "nobody@example.com"}


def test_a_form_from_elsewhere_signs_nobody_in(member: Person, browser_of: ClientMaker) -> None:
    browser = browser_of(enforce_csrf_checks=True)
    assert sign_in(browser, member.email) == 403
    assert not is_in(browser)


def test_a_fragment_asked_for_after_signing_out_sends_the_whole_page_to_sign_in(browser_of: ClientMaker) -> None:
    response = browser_of().get("/jobs/1/progress", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, "/account/login/")
