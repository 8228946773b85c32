"""Measures kept from strangers, wrong roles and bad input, and from two editors at once."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from headwater.base.models import HistoryEntry, Person
from headwater.base.permissions import NotAllowed
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.strategy import measures, measuring, readings, sign_offs
from headwater.strategy.models import Measure
from headwater.strategy.reading_files import read_csv
from headwater.strategy.readings import Figure, GivenReading
from tests.metrics.conftest import empty_record, record, write
from tests.strategy.measuring import TODAY, Made, company_of_may, csat, filled, owner, started

__all__ = ["company_of_may", "empty_record", "filled", "owner", "record", "write"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company_of_may")]


def test_strangers_are_sent_to_sign_in(editor: Person, owner: Person, client: Client) -> None:
    made = started(editor, owner)
    for name, arguments in [("measures", []), ("measure", [made.slug]), ("edit_measure", [made.slug])]:
        assert client.get(reverse(name, args=arguments)).status_code == 302
    assert client.post(reverse("sign_measure", args=[made.slug])).status_code == 302
    assert client.get("/api/v1/measures").status_code == 401


@pytest.mark.parametrize("role", ["employee", "manager", "hr"])
def test_who_may_not_edit_measures_is_refused(role: str, editor: Person, owner: Person, person_with: Made) -> None:
    who = person_with(role)
    made = started(editor, owner, source="typed")
    with pytest.raises(NotAllowed):
        started(who, owner)
    with pytest.raises(NotAllowed):
        measuring.change_measure(who, made.slug, {"name": "Mine"})
    with pytest.raises(NotAllowed):
        measuring.retire_measure(who, made.slug)
    with pytest.raises(NotAllowed):
        readings.give_reading(who, made.slug, GivenReading(TODAY, Figure(1)))
    with pytest.raises(NotAllowed):
        sign_offs.ask(who, made.slug, [who.pk])


@pytest.mark.parametrize("role", ["employee", "analyst", "hr", "cx_team", "administrator"])
def test_who_may_not_sign_is_neither_asked_nor_heard(
    role: str, editor: Person, owner: Person, person_with: Made
) -> None:
    who = person_with(role)
    made = started(editor, owner)
    with pytest.raises(Refused, match="no role that signs"):
        sign_offs.ask(editor, made.slug, [who.pk])
    with pytest.raises(NotAllowed):
        sign_offs.sign(who, made.slug, 1)


def test_only_those_asked_sign_and_only_what_they_read(editor: Person, owner: Person, person_with: Made) -> None:
    asked, stranger = person_with("executive"), person_with("executive")
    made = started(editor, owner)
    sign_offs.ask(editor, made.slug, [asked.pk])
    with pytest.raises(Refused, match="not asked"):
        sign_offs.sign(stranger, made.slug, 1)
    measuring.change_measure(editor, made.slug, {"target": 3})
    with pytest.raises(Conflict, match="changed after you opened it"):
        sign_offs.sign(asked, made.slug, 1)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"question": ""}, "Write the question"),
        ({"decision": ""}, "what a leader does"),
        ({"owner": 10**6}, "no person 1000000"),
        ({"owner": 10**30}, "no person"),
        ({"question": "x" * 301}, "300 characters"),
        ({"decision": "x" * 601}, "600 characters"),
        ({"kind": "why"}, "“why” is none"),
        ({"outcomes": ["gone"]}, "no outcome gone"),
        ({"source": "record"}, "Choose a metric"),
        ({"source": "typed", "definition": {"metric": "nps"}}, "people give has no metric"),
        ({"source": "record", "definition": {"metric": "nps", "where": "customer_id = 'c1'"}}, "single out"),
        ({"source": "record", "definition": {"metric": "csat"}, "target": 75}, "outside of what"),
        ({"baseline": "many"}, "no number"),
        ({"target": float("inf")}, "no number"),
        ({"start_date": "2026-05-01", "target_date": "2026-05-01"}, "not after it begins"),
        ({"target_date": "soon"}, "not a date"),
        ({"steps": [["2026-05-01"]]}, "date and a value"),
        ({"start_date": "2026-05-02", "steps": [["2026-05-01", 1]]}, "must lie between"),
        ({"colour": "red"}, "no colour"),
    ],
)
def test_what_cannot_be_measured_is_refused(
    values: dict[str, Any], says: str, owner: Person, person_with: Made
) -> None:
    everything = person_with("cx_team")
    with pytest.raises(Refused, match=says):
        started(everything, owner, **values)
    assert not Measure.objects.exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (GivenReading(date(2026, 3, 1), Figure(11)), "not on the scale"),
        (GivenReading(date(2026, 3, 1), Figure(5, 6, 7)), "within its interval"),
        (GivenReading(date(2026, 3, 1), Figure(5, 4)), "both ends"),
        (GivenReading(date(2026, 3, 1), Figure(float("nan"))), "must be a number"),
        (GivenReading(date(2026, 3, 1), Figure(5, n=-1)), "whole number"),
        (GivenReading(date(2026, 6, 1), Figure(5)), "not begun yet"),
        (GivenReading(date(1850, 1, 1), Figure(5)), "too long ago"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(given: GivenReading, says: str, editor: Person, owner: Person) -> None:
    made = started(editor, owner, source="typed", definition={"scale": "0-10"})
    with pytest.raises(Refused, match=says):
        readings.give_reading(editor, made.slug, given)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "columns period and value"),
        ("month,figure\n1,2\n", "columns period and value"),
        ("period,value\nMay,2\n", "Line 2, period “May”"),
        ("period,value\n2026-01,1\n2026-02,two\n", "Line 3, value “two”"),
        ("period,value,n\n2026-01,1,1.5\n", "whole number"),
        ("period,value\n2026-01,\n", "every row needs one"),
    ],
)
def test_a_file_that_cannot_be_read_names_the_line(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        read_csv(text)


@pytest.mark.usefixtures("filled")
def test_nobody_gives_figures_that_the_record_computes(editor: Person, owner: Person) -> None:
    made = started(editor, owner, **csat())
    with pytest.raises(Refused, match="computed from the record"):
        readings.give_reading(editor, made.slug, GivenReading(date(2026, 3, 1), Figure(1)))
    readings.read_measure(made)
    with pytest.raises(Refused, match="at another rhythm"):
        measuring.change_measure(editor, made.slug, {"every": "week"})
    with pytest.raises(NotFound, match="no reading of the period"):
        readings.compute_again(editor, made.slug, date(2020, 1, 1), "because")
    with pytest.raises(Refused, match="Say why"):
        readings.compute_again(editor, made.slug, date(2026, 3, 1), " ")


def test_two_editors_do_not_overwrite_each_other(editor: Person, owner: Person) -> None:
    made = started(editor, owner)
    measuring.change_measure(editor, made.slug, {"name": "First"}, seen=1)
    with pytest.raises(Conflict, match="Someone else changed"):
        measuring.change_measure(editor, made.slug, {"name": "Second"}, seen=1)


def test_a_retired_measure_keeps_its_readings_and_takes_no_more(editor: Person, owner: Person) -> None:
    made = started(editor, owner, source="typed")
    readings.give_reading(editor, made.slug, GivenReading(date(2026, 3, 1), Figure(1)))
    measuring.retire_measure(editor, made.slug)
    measuring.retire_measure(editor, made.slug)
    assert measures.measures() == ()
    assert len(measures.measures(retired=True)[0].readings) == 1
    with pytest.raises(Refused, match="is retired"):
        readings.give_reading(editor, made.slug, GivenReading(date(2026, 4, 1), Figure(1)))
    assert HistoryEntry.objects.filter(code="measure.retired").count() == 1
    measuring.retire_measure(editor, made.slug, retire=False)
    assert len(measures.measures()) == 1
