"""Which of our departments does what: one table of the journey's departments, one save, nobody overwritten."""

from collections.abc import Callable

import pytest
from django.test import Client

from headwater.base.models import Department, HistoryEntry, Person
from headwater.journey import services
from headwater.journey.packs import pack_of
from headwater.journey.rules import namesake
from headwater.journey.taxonomy import Taxonomy

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.journey.urls")]
ADDRESS = "/journey/departments"


@pytest.fixture
def ours(editor: Person, small: Taxonomy) -> dict[str, Department]:
    """Two departments of ours; the journey's are "delivery" and "finance"."""
    services.apply_pack(editor, pack_of(small, name="small", title="Small"))
    return {name: Department.objects.create(name=name) for name in ("Lorries", "Money")}


@pytest.fixture
def administrator(client: Client, person_with: Callable[..., Person]) -> Client:
    client.force_login(person_with("administrator"))
    return client


def test_all_are_mapped_with_one_save(administrator: Client, ours: dict[str, Department]) -> None:
    page = administrator.get(ADDRESS).content.decode()
    assert "none of ours yet" in page
    given = {"delivery": ours["Lorries"].pk, "was-delivery": "", "finance": ours["Money"].pk, "was-finance": ""}
    assert administrator.post(ADDRESS, given).status_code == 302
    assert list(Department.objects.order_by("name").values_list("name", "pack_departments")) == [
        ("Lorries", ["delivery"]),
        ("Money", ["finance"]),
    ]
    assert HistoryEntry.objects.filter(code="department.mapped").count() == 2
    assert "is one of ours" in administrator.get(ADDRESS).content.decode()
    again = {**given, "was-delivery": ours["Lorries"].pk, "was-finance": ours["Money"].pk}
    assert administrator.post(ADDRESS, again).status_code == 302  # the same again changes nothing
    assert HistoryEntry.objects.filter(code="department.mapped").count() == 2
    moved = {**again, "finance": ours["Lorries"].pk}
    administrator.post(ADDRESS, moved)
    assert Department.objects.get(name="Lorries").pack_departments == ["delivery", "finance"]
    assert Department.objects.get(name="Money").pack_departments == []


def test_what_someone_else_chose_meanwhile_is_not_overwritten(
    administrator: Client, ours: dict[str, Department]
) -> None:
    money, lorries = ours["Money"], ours["Lorries"]
    Department.objects.filter(pk=money.pk).update(pack_departments=["delivery"])
    given = {"delivery": lorries.pk, "was-delivery": "", "finance": lorries.pk, "was-finance": ""}
    refused = administrator.post(ADDRESS, given)
    assert refused.status_code == 422
    assert "Someone else changed this" in refused.content.decode()
    assert not Department.objects.get(pk=lorries.pk).pack_departments
    untouched = {"delivery": "", "was-delivery": "", "finance": lorries.pk, "was-finance": ""}
    assert administrator.post(ADDRESS, untouched).status_code == 302
    assert Department.objects.get(pk=money.pk).pack_departments == ["delivery"]
    assert Department.objects.get(pk=lorries.pk).pack_departments == ["finance"]


def test_a_namesake_is_guessed_and_an_unclear_one_is_not() -> None:
    ours = {1: "Marketing", 2: "Webshop", 3: "Customer service North", 4: "Customer service South"}
    assert namesake("Marketing", ours) == 1
    assert namesake("Webshop and app", ours) == 2
    assert namesake("Customer service", ours) is None
    assert namesake("Returns", ours) is None


def test_only_those_who_manage_departments_map_them(
    client: Client, ours: dict[str, Department], person_with: Callable[..., Person]
) -> None:
    assert client.get(ADDRESS).status_code == 302
    for role in ("employee", "cx_team", "manager", "analyst"):
        client.force_login(person_with(role))
        assert client.get(ADDRESS).status_code == 403
        assert client.post(ADDRESS, {"delivery": ours["Money"].pk}).status_code == 403


def test_bad_input_is_said_at_its_field(administrator: Client, ours: dict[str, Department]) -> None:
    for value in ("99999999", "x", "-1"):
        assert administrator.post(ADDRESS, {"delivery": value, "was-delivery": ""}).status_code == 422
    assert not Department.objects.exclude(pack_departments=[]).exists()
