"""Every cell of the permission matrix, against a table written by hand."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Person
from headwater.base.permissions import MATRIX, OBJECTS, ROLES, SCOPES, NotAllowed, allows, require, widest_scope

COLUMNS = ("executive", "cx_team", "manager", "employee", "analyst", "hr", "administrator")

# C company, D department, O own, - not at all
TABLE = """
                        exec cx  mgr emp ana hr  adm
view company            C    C   C   C   C   C   C
manage company          -    -   -   -   -   -   C
view departments        C    C   C   C   C   C   C
manage departments      -    -   -   -   -   -   C
view people             C    C   C   C   C   C   C
manage people           -    -   -   -   -   -   C
view tokens             O    O   O   O   O   O   C
manage tokens           -    O   -   -   O   -   C
view history            C    C   D   O   O   O   C
view jobs               O    C   O   O   C   O   C
manage jobs             -    O   -   -   O   -   C
view outbox             -    -   -   -   -   -   C
manage outbox           -    -   -   -   -   -   C
view figures            C    C   C   C   C   C   C
view verbatims          C    C   D   D   C   D   C
view customers          -    C   D   -   C   -   C
export customers        -    C   -   -   -   -   C
erase customers         -    -   -   -   -   -   C
view attributes         -    C   D   -   C   -   C
view agents             -    C   D   -   -   -   C
view originals          -    -   -   -   -   -   C
view personal_data      -    C   -   -   C   -   C
manage personal_data    -    -   -   -   -   -   C
correct labels          -    C   D   -   C   -   C
view surveys            C    C   C   C   C   C   C
edit surveys            -    C   -   -   C   -   C
send surveys            -    C   -   -   -   -   C
view connections        -    C   -   -   C   -   C
manage connections      -    C   -   -   -   -   C
import signals          -    C   -   -   C   -   C
export signals          -    C   -   -   C   -   C
view taxonomy           C    C   C   C   C   C   C
edit taxonomy           -    C   -   -   C   -   C
publish taxonomy        -    C   -   -   -   -   C
view agreement          C    C   C   C   C   C   C
answer agreement        C    O   D   -   -   -   C
view triggers           C    C   C   C   C   C   C
edit triggers           -    C   -   -   C   -   C
view strategy           C    C   C   C   C   C   C
edit strategy           C    C   -   -   -   -   C
agree strategy          C    C   O   -   -   -   -
publish strategy        C    C   -   -   -   -   C
view measures           C    C   C   C   C   C   C
edit measures           C    C   -   -   C   -   C
sign measures           C    -   O   -   -   -   -
view finance            C    C   C   -   C   -   C
edit finance            C    C   D   -   C   -   C
sign finance            C    -   D   -   -   -   -
view integrity          C    C   O   O   C   O   C
edit integrity          C    C   -   -   -   -   C
answer alerts           C    C   D   -   C   -   C
view hunches            O    O   O   O   O   O   O
write hunches           O    O   O   O   O   O   O
view requests           C    C   D   O   O   O   C
file requests           O    O   O   O   O   O   O
answer requests         -    C   -   -   -   -   C
view boards             C    C   C   C   C   C   C
edit boards             O    C   O   O   O   O   C
manage models           -    C   -   -   C   -   C
view employee_signals   C    O   D   O   O   C   O
read employee_signals   -    -   -   -   -   C   -
import employee_signals -    -   -   -   -   C   -
manage employee_signals -    -   -   -   -   C   -
"""
SCOPE_OF = {"C": "company", "D": "department", "O": "own", "-": None}


def cells() -> list[tuple[str, str, str, str | None]]:
    rows = [line.split() for line in TABLE.strip().splitlines()[1:]]
    return [
        (role, action, object, SCOPE_OF[letter])
        for action, object, *letters in rows
        for role, letter in zip(COLUMNS, letters, strict=True)
    ]


def someone(*roles: str, **fields: object) -> Person:
    return Person(pk=1, email="a@example.com", name="A", roles=list(roles), **fields)


@pytest.mark.parametrize(("role", "action", "object", "scope"), cells())
def test_a_role_may_what_the_table_says_and_no_more(role: str, action: str, object: str, scope: str | None) -> None:
    assert widest_scope(someone(role), action, object) == scope
    for asked, width in SCOPES.items():
        expected = scope is not None and width <= SCOPES[scope]
        assert allows(someone(role), action, object, words_of=asked) == expected


def test_the_table_has_every_cell_of_the_matrix() -> None:
    every_cell = {(role, action, object) for role in ROLES for object, acts in OBJECTS.items() for action in acts}
    assert {(role, action, object) for role, action, object, _scope in cells()} == every_cell
    assert set(MATRIX) == set(ROLES)
    named = {(action, object) for object, acts in OBJECTS.items() for action in acts}
    assert all(set(grants) <= named for grants in MATRIX.values())


def test_the_table_for_administrators_is_this_one() -> None:
    written = (Path(__file__).parents[2] / "docs" / "operate" / "people.md").read_text()
    assert TABLE in written


@given(st.lists(st.sampled_from(COLUMNS), unique=True), st.sampled_from(sorted(MATRIX["administrator"])))
def test_several_roles_have_the_widest_of_their_scopes(roles: list[str], grant: tuple[str, str]) -> None:
    alone = [SCOPES[scope] for role in roles if (scope := widest_scope(someone(role), *grant))]
    together = widest_scope(someone(*roles), *grant)
    assert (SCOPES[together] if together else 0) == max(alone, default=0)


@pytest.mark.parametrize("stranger", [AnonymousUser(), someone("administrator", is_active=False), someone()])
def test_strangers_and_closed_accounts_and_people_without_a_role_may_nothing(stranger: Person) -> None:
    for object, actions in OBJECTS.items():
        for action in actions:
            assert not allows(stranger, action, object, words_of="own")


def test_the_installation_itself_may_everything() -> None:
    assert all(allows(None, action, object) for object, actions in OBJECTS.items() for action in actions)


def test_an_unknown_role_grants_nothing() -> None:
    assert not allows(someone("emperor"), "view", "figures", words_of="own")


def test_a_token_narrows_the_roles_and_never_widens_them() -> None:
    person = someone("analyst")
    person.token_scopes = frozenset({"view:figures", "manage:company"})
    assert allows(person, "view", "figures")
    assert not allows(person, "import", "signals")
    assert not allows(person, "manage", "company")


def test_a_typing_mistake_in_a_service_is_an_error_and_not_a_refusal() -> None:
    for person in (None, AnonymousUser(), someone("administrator")):
        with pytest.raises(ValueError, match="no action"):
            allows(person, "veiw", "figures")


def test_the_refusal_says_what_may_not_be_done_and_what_to_do() -> None:
    with pytest.raises(NotAllowed, match=r"change departments.*administrator") as caught:
        require(someone("employee"), "manage", "departments")
    assert (caught.value.code, caught.value.status) == ("not_allowed", 403)


def test_every_refusal_has_words_for_its_action_and_object() -> None:
    for object, actions in OBJECTS.items():
        for action in actions:
            with pytest.raises(NotAllowed):
                require(someone(), action, object)


def test_the_matrix_needs_nothing_but_a_person_alike() -> None:
    alike = SimpleNamespace(is_authenticated=True, is_active=True, roles=["hr"])
    assert allows(alike, "view", "employee_signals")  # type: ignore[arg-type]
