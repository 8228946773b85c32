"""API tokens: shown once, kept as a digest, narrowed, ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from headwater.base import tokens as services
from headwater.base.models import ApiToken, Person
from headwater.base.permissions import NotAllowed, allows
from headwater.base.refusals import NotFound, Refused
from tests.base.conftest import ClientMaker, PersonMaker

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(make_person: PersonMaker) -> Person:
    return make_person("analyst")


def make(person: Person, *scopes: str, **options: object) -> tuple[ApiToken, str]:
    return services.create_token(person, person, "notebook", scopes or ["view:figures"], **options)  # type: ignore[arg-type]


def test_a_token_signs_in_as_its_person_within_its_scopes(analyst: Person) -> None:
    _row, text = make(analyst)
    found = services.person_for_token(text)
    assert found == analyst
    assert allows(found, "view", "figures")
    assert not allows(found, "import", "signals")
    assert allows(analyst, "import", "signals"), "the person keeps their roles"


def test_a_token_is_not_kept(analyst: Person) -> None:
    row, text = make(analyst)
    assert text not in str(ApiToken.objects.filter(pk=row.pk).values().get())
    assert row.prefix in text


def test_what_is_no_token_signs_nobody_in(analyst: Person) -> None:
    row, text = make(analyst)
    forged = f"hw_{row.prefix}_{'x' * 43}"
    for given in ("", "hw", "hw__", text[:-1], text + "x", text.upper(), forged, "x" * 10_000, "hw_\x00_x", "hw_ü_x"):
        assert services.person_for_token(given) is None


def test_a_token_ends_when_it_expires_or_is_revoked(analyst: Person) -> None:
    row, text = make(analyst, expires_at=timezone.now() + timedelta(days=1))
    assert services.person_for_token(text)
    ApiToken.objects.update(expires_at=timezone.now())
    assert services.person_for_token(text) is None
    other, text = make(analyst)
    services.revoke_token(analyst, other)
    services.revoke_token(analyst, other)
    assert services.person_for_token(text) is None
    assert row in services.tokens_seen_by(analyst)


def test_the_last_use_is_noted_now_and_then_and_not_at_every_call(
    analyst: Person, django_assert_num_queries: object
) -> None:
    _row, text = make(analyst)
    services.person_for_token(text)
    assert ApiToken.objects.get().last_used_at is not None
    with django_assert_num_queries(1):  # type: ignore[operator]
        services.person_for_token(text)


@pytest.mark.parametrize(
    ("scopes", "code"),
    [
        ([], "scopes_missing"),
        (["view:dragons"], "scope_unknown"),
        (["manage:people"], "scope_unknown"),
        (["manage:company"], "scope_beyond_roles"),
    ],
)
def test_scopes_are_known_and_within_the_person_s_roles(scopes: list[str], code: str, analyst: Person) -> None:
    with pytest.raises(Refused) as caught:
        services.create_token(analyst, analyst, "x", scopes)
    assert (caught.value.code, caught.value.field) == (code, "scopes")


def test_a_token_needs_a_name_and_a_future(analyst: Person) -> None:
    with pytest.raises(Refused, match="name"):
        services.create_token(analyst, analyst, "  ", ["view:figures"])
    with pytest.raises(Refused, match="expire"):
        make(analyst, expires_at=timezone.now() - timedelta(seconds=1))


def test_the_number_of_tokens_is_limited(analyst: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_TOKENS", 2)
    make(analyst)
    make(analyst)
    with pytest.raises(Refused, match="revoke one"):
        make(analyst)


def test_people_make_tokens_for_themselves_administrators_for_anyone(role: str, make_person: PersonMaker) -> None:
    person, other = make_person(role), make_person("analyst")
    if role in ("cx_team", "analyst", "administrator"):
        make(person)
    else:
        with pytest.raises(NotAllowed):
            make(person)
    if role == "administrator":
        services.create_token(person, other, "x", ["view:figures"])
    else:
        with pytest.raises(NotAllowed):
            services.create_token(person, other, "x", ["view:figures"])


def test_nobody_sees_or_ends_another_s_token_but_administrators(
    role: str, make_person: PersonMaker, analyst: Person
) -> None:
    row, text = make(analyst)
    person = make_person(role)
    if role == "administrator":
        assert services.visible_token(person, row.pk) == row
        services.revoke_token(person, row)
        return
    with pytest.raises(NotFound):
        services.visible_token(person, row.pk)
    with pytest.raises(NotAllowed):
        services.revoke_token(person, row)
    assert services.person_for_token(text)


def test_the_page_shows_a_new_token_this_once(analyst: Person, browser_of: ClientMaker) -> None:
    browser = browser_of(analyst)
    made = browser.post("/tokens", {"name": "notebook", "scopes": ["view:figures"], "days": "30"}).content.decode()
    assert "hw_" in made
    assert "hw_" not in browser.get("/tokens").content.decode()
    row = ApiToken.objects.get()
    browser.post(f"/tokens/{row.pk}/revoke")
    assert services.tokens_seen_by(analyst) == []
