"""A question must not single out a customer or a colleague, whatever their attribute is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Refused
from headwater.metrics import singling
from headwater.metrics.access import require_askable, require_shareable
from headwater.metrics.singling import holds_colleagues, names_colleague, singles_out_customers
from headwater.record.filters import parse
from headwater.record.questions import Spread
from tests.metrics.conftest import Write, answers


@pytest.fixture
def executive(db: None) -> Person:
    """Sees figures and words, and no single customer."""
    person = Person(email="executive@example.com", name="Executive", roles=["executive"])
    person.set_unusable_password()
    person.save()
    return person


@pytest.fixture
def orders(write: Write) -> None:
    """120 customers with an order each, one of 3 regions, and served by one of 4 colleagues under another name."""
    singling.forget()
    colleagues = ("lee@shop.example", "kim@shop.example", "max@shop.example", "ann@shop.example")
    rows = answers("nps", {9: 120})
    for number, row in enumerate(rows):
        served = colleagues[number % 4]
        row["attributes"] = [
            ("order", f"A-{number}"),
            ("region", ("north", "south", "west")[number % 3]),
            ("served_by", served),
            *([("agent", served)] if number < 60 else []),
        ]
    write(rows)


@pytest.mark.parametrize("asked", [(("attribute:order",), None), ((), "attribute:order = 'A-7'")])
def test_values_as_many_as_customers_are_for_those_who_see_customers(
    orders: None, executive: Person, analyst: Person, asked: tuple[tuple[str, ...], str | None]
) -> None:
    by, where = asked
    chosen = parse(where) if where else None
    with pytest.raises(NotAllowed, match="“order” has hardly more customers than values"):
        require_askable(executive, by, chosen)
    require_askable(analyst, by, chosen)


def test_segments_are_for_everyone(orders: None, executive: Person) -> None:
    require_askable(executive, ("attribute:region", "attribute:unheard_of"), parse("attribute:region != 'west'"))


def test_an_attribute_that_holds_colleagues_is_for_nobody(orders: None, executive: Person, analyst: Person) -> None:
    for person in (executive, analyst):
        with pytest.raises(NotAllowed, match="their manager"):
            require_askable(person, ("attribute:served_by",), None)


def test_what_everyone_reads_singles_out_nobody(orders: None, analyst: Person) -> None:
    with pytest.raises(Refused, match="cannot single out a customer"):
        require_shareable(analyst, parse("attribute:order = 'A-7'"))


@pytest.mark.parametrize("name", ["agent", "Agent-ID", "agentName", "rep_email", "employee", "Staffer", "csr number"])
def test_a_name_says_that_it_is_a_colleague(name: str) -> None:
    assert names_colleague(name)


@pytest.mark.parametrize("name", ["region", "name", "user_id", "agent_kind", "representativity", "", "123"])
def test_other_names_do_not(name: str) -> None:
    assert not names_colleague(name)


def test_half_of_the_values_must_be_colleagues() -> None:
    assert holds_colleagues(["Lee", "ann"], ["lee"])
    assert not holds_colleagues(["Lee", "north", "south"], ["lee"])
    assert not holds_colleagues([], ["lee"])


@given(st.integers(0, 10_000), st.integers(0, 100_000))
def test_the_rule_never_lets_a_value_a_customer_pass(values: int, customers: int) -> None:
    singles = singles_out_customers(Spread(values, customers))
    if values > singling.SEGMENTS:
        assert singles == (customers / values < singling.CUSTOMERS_OF_A_VALUE)
    else:
        assert not singles
