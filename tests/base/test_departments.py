"""Departments: the tree, its limits, and who may change it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.base import departments as services
from headwater.base.models import Department, HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, Refused
from tests.base.conftest import PersonMaker

pytestmark = pytest.mark.django_db


def codes() -> list[str]:
    return list(HistoryEntry.objects.order_by("id").values_list("code", flat=True))


def test_a_department_is_added_under_another_with_its_history(administrator: Person, sales: Department) -> None:
    added = services.add_department(administrator, "  Inside   sales ", parent=sales, pack_departments=["sales"])
    assert (added.name, added.parent, added.pack_departments) == ("Inside sales", sales, ["sales"])
    entry = HistoryEntry.objects.get()
    assert (entry.code, entry.actor, entry.subject) == ("department.added", administrator, f"department:{added.pk}")


def test_the_tree_lists_parents_before_their_children_with_their_people(
    administrator: Person, sales: Department, make_person: PersonMaker
) -> None:
    inside = services.add_department(administrator, "Inside sales", parent=sales)
    services.add_department(administrator, "Logistics")
    services.add_department(administrator, "Till", parent=inside)
    make_person("employee", department=inside)
    make_person("employee", department=inside, is_active=False)
    shown = [(branch.department.name, branch.depth, branch.people) for branch in services.department_tree()]
    assert shown == [("Logistics", 0, 0), ("Sales", 0, 0), ("Inside sales", 1, 1), ("Till", 2, 0)]


@pytest.mark.parametrize(
    ("name", "code"),
    [("", "name_missing"), ("   ", "name_missing"), ("x" * 121, "name_too_long"), ("a\x00b", "name_unreadable")],
)
def test_a_name_that_cannot_be_shown_is_refused(name: str, code: str, administrator: Person) -> None:
    with pytest.raises(Refused) as caught:
        services.add_department(administrator, name)
    assert (caught.value.code, caught.value.field) == (code, "name")


def test_two_departments_cannot_have_one_name(administrator: Person, sales: Department) -> None:
    with pytest.raises(Conflict, match="SALES"):
        services.add_department(administrator, "SALES")
    other = services.add_department(administrator, "Support")
    with pytest.raises(Conflict):
        services.rename_department(administrator, other, "sales")


def test_a_department_is_renamed_and_may_change_only_its_capitals(administrator: Person, sales: Department) -> None:
    services.rename_department(administrator, sales, "SALES")
    services.rename_department(administrator, sales, "SALES")
    assert Department.objects.get().name == "SALES"
    assert codes() == ["department.renamed"]


def test_a_department_cannot_move_below_itself(administrator: Person, sales: Department) -> None:
    below = services.add_department(administrator, "Inside sales", parent=sales)
    lowest = services.add_department(administrator, "Till", parent=below)
    for parent in (sales, below, lowest):
        with pytest.raises(Refused, match="cannot move") as caught:
            services.move_department(administrator, sales, parent)
        assert caught.value.field == "parent"
    services.move_department(administrator, lowest, None)
    lowest.refresh_from_db()
    assert lowest.parent is None


def test_a_head_is_someone_who_works_here(administrator: Person, sales: Department, make_person: PersonMaker) -> None:
    head = make_person("manager")
    services.set_head(administrator, sales, head)
    assert Department.objects.get().head == head
    gone = make_person("manager", is_active=False)
    with pytest.raises(Refused, match="closed"):
        services.set_head(administrator, sales, gone)


def test_a_pack_department_is_mapped_onto_one_department_only(administrator: Person, sales: Department) -> None:
    support = services.add_department(administrator, "Support")
    services.map_pack_departments(administrator, sales, ["care", "sales"])
    services.map_pack_departments(administrator, support, ["care"])
    sales.refresh_from_db()
    assert sales.pack_departments == ["sales"]
    assert services.department_for_pack("care") == support
    assert services.department_for_pack("warehouse") is None


def test_merging_moves_people_departments_and_mapping(
    administrator: Person, sales: Department, make_person: PersonMaker
) -> None:
    services.map_pack_departments(administrator, sales, ["sales"])
    head = make_person("manager", department=sales)
    services.set_head(administrator, sales, head)
    below = services.add_department(administrator, "Till", parent=sales)
    shops = services.add_department(administrator, "Shops", pack_departments=["shop"])
    services.merge_departments(administrator, sales, shops)
    shops.refresh_from_db()
    below.refresh_from_db()
    head.refresh_from_db()
    assert (shops.pack_departments, shops.head, below.parent, head.department) == (
        ["sales", "shop"],
        head,
        shops,
        shops,
    )
    assert not Department.objects.filter(name="Sales").exists()
    assert codes()[-1] == "department.merged"


def test_a_department_cannot_be_merged_into_itself_or_below(administrator: Person, sales: Department) -> None:
    below = services.add_department(administrator, "Till", parent=sales)
    for into in (sales, below):
        with pytest.raises(Refused, match="merged"):
            services.merge_departments(administrator, sales, into)
    assert Department.objects.count() == 2


def test_only_those_whom_the_matrix_allows_change_departments(
    role: str, sales: Department, make_person: PersonMaker
) -> None:
    person, other = make_person(role), Department.objects.create(name="Support")
    changes = [
        lambda: services.add_department(person, "Logistics"),
        lambda: services.rename_department(person, sales, "Selling"),
        lambda: services.move_department(person, sales, other),
        lambda: services.set_head(person, sales, person),
        lambda: services.map_pack_departments(person, sales, ["sales"]),
        lambda: services.merge_departments(person, other, sales),
    ]
    if role == "administrator":
        for change in changes[:3]:
            change()
        return
    for change in changes:
        with pytest.raises(NotAllowed):
            change()
    assert set(Department.objects.values_list("name", flat=True)) == {"Sales", "Support"}
    assert codes() == []


def test_a_department_s_words_are_those_of_one_s_own_and_of_all_below(
    administrator: Person, sales: Department, make_person: PersonMaker
) -> None:
    inside = services.add_department(administrator, "Inside sales", parent=sales)
    till = services.add_department(administrator, "Till", parent=inside)
    support = services.add_department(administrator, "Support")
    member, head = make_person("employee", department=inside), make_person("manager", department=support)
    services.set_head(administrator, sales, head)
    assert services.departments_of(member) == {inside.pk, till.pk}
    assert services.departments_of(head) == {sales.pk, inside.pk, till.pk, support.pk}
    assert services.departments_of(make_person("employee")) == set()


@given(st.dictionaries(st.integers(0, 30), st.one_of(st.none(), st.integers(0, 30))), st.sets(st.integers(0, 30)))
def test_below_is_closed_and_ends_even_in_a_circle(parents: dict[int, int | None], tops: set[int]) -> None:
    found = services.below(parents, tops)
    assert tops <= found
    assert all(child in found for child, parent in parents.items() if parent in found)
