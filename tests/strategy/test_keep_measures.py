"""Measures: started with little, read from the record or given by people, signed off, never quietly changed."""

import json
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from django.test import Client
from django.urls import reverse

from headwater.base.models import HistoryEntry, OutboxMail, Person
from headwater.base.refusals import Conflict, Refused
from headwater.metrics.commands import metric_command
from headwater.strategy import agreement, drafting, measure_wording, measures, measuring, readings, sign_offs
from headwater.strategy.models import Measure, Reading
from headwater.strategy.reading_files import read_csv
from headwater.strategy.readings import Figure, GivenReading
from headwater.strategy.strategy import Strategy
from tests.metrics.conftest import Write, answers, empty_record, record, write
from tests.strategy.measuring import TODAY, Made, company_of_may, csat, filled, owner, path, run_worker, started

__all__ = ["company_of_may", "empty_record", "filled", "owner", "record", "write"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("company_of_may")]


def test_a_question_an_owner_and_a_decision_start_a_measure(editor: Person, owner: Person) -> None:
    made = started(editor, owner)
    view = measures.measure(made.slug)
    assert (made.name, made.slug) == ("How was the wait", "how-was-the-wait")
    assert [one.code for one in view.missing] == [
        "outcome", "kind", "definition", "baseline", "target", "dates", "sign_off",
    ]  # fmt: skip
    assert view.standing.code == "no_reading"


@pytest.mark.usefixtures("filled")
def test_past_months_are_read_from_the_record_in_the_background(editor: Person, owner: Person) -> None:
    made = started(editor, owner, **csat(), **path())
    assert not made.readings.exists()
    run_worker()
    found = {row.period.month: row for row in made.readings.all()}
    assert {month: row.value for month, row in found.items()} == {2: 0.6, 3: 0.7, 4: 0.9}
    assert all(row.low is not None and row.high is not None and row.n == 100 for row in found.values())
    assert found[4].record_version is not None
    assert set(found[4].record_version) == {"signals", "customers", "labels"}
    view = measures.measure(made.slug)
    assert view.standing.code == "on_path"
    assert "on its path" in measure_wording.measure_sentence(view)
    run_worker()
    assert readings.read_due() == 0
    assert made.readings.count() == 3


@pytest.mark.usefixtures("filled")
def test_a_record_that_has_long_been_quiet_is_read_for_its_last_periods(
    editor: Person, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "today", lambda: TODAY.replace(year=2034))
    made = started(editor, owner, **csat())
    readings.read_measure(made)
    found = {row.period.isoformat()[:7]: row.value for row in made.readings.all()}
    assert found == {"2026-02": 0.6, "2026-03": 0.7, "2026-04": 0.9, "2026-05": None}
    assert readings.previewed(editor, csat()["definition"], "month").period.first == date(2026, 5, 1)


@pytest.mark.usefixtures("filled")
def test_a_reading_is_what_the_metric_command_prints(editor: Person, owner: Person) -> None:
    made = started(editor, owner, **csat())
    readings.read_measure(made)
    arguments = ["csat", "--where", "stage = 'wait'", "--since", "2026-03-01", "--until", "2026-03-31", "--json"]
    printed = json.loads(CliRunner().invoke(metric_command, arguments).output)["rows"][0]
    row = made.readings.get(period=date(2026, 3, 1))
    assert (row.value, row.low, row.high, row.n) == tuple(printed[key] for key in ("estimate", "low", "high", "n"))


@pytest.mark.usefixtures("filled")
def test_a_rate_is_counted_per_signal_of_its_denominator(editor: Person, owner: Person) -> None:
    definition = {
        "metric": "volume",
        "where": "kind = 'contact'",
        "denominator": "event = 'order_placed'",
        "per": 100,
        "direction": "lower",
    }
    made = started(editor, owner, source="record", definition=definition)
    readings.read_measure(made)
    assert [row.value for row in readings.current_readings(made)] == pytest.approx([20, 30, 40])
    assert made.readings.get(period=date(2026, 3, 1)).n == 200
    assert measures.measure(made.slug).unit == "ratio"


@pytest.mark.usefixtures("filled")
def test_a_month_that_is_not_over_or_not_in_the_record_is_not_read(
    editor: Person, owner: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = started(editor, owner, **csat())
    readings.read_measure(made)
    assert not made.readings.filter(period__gte=date(2026, 5, 1)).exists()
    assert not made.readings.filter(period__lt=date(2026, 2, 1)).exists()
    monkeypatch.setattr(readings, "today", lambda: date(2026, 6, 2))
    assert readings.read_due() == 0  # the last signal is of 9 May; late arrivals may still come
    monkeypatch.setattr(readings, "today", lambda: date(2026, 6, 9))
    assert readings.read_due() == 1


@pytest.mark.usefixtures("filled")
def test_a_weekly_measure_has_a_reading_a_week(editor: Person, owner: Person) -> None:
    made = started(editor, owner, **csat(every="week"))
    readings.read_measure(made)
    spans = {(row.period.weekday(), row.until - row.period) for row in made.readings.all()}
    assert spans == {(0, timedelta(days=6))}


@pytest.mark.usefixtures("filled")
def test_a_new_definition_is_read_again_and_withdraws_what_was_signed(
    editor: Person, owner: Person, person_with: Made
) -> None:
    leader = person_with("executive")
    made = started(editor, owner, **csat(), **path())
    readings.read_measure(made)
    sign_offs.ask(editor, made.slug, [leader.pk])
    sign_offs.sign(leader, made.slug, made.edition)
    assert [one.person for one in measures.measure(made.slug).signed] == [leader]
    changed = {"definition": {"metric": "csat", "where": "stage = 'wait' and channel = 'mail'"}}
    measuring.change_measure(editor, made.slug, changed, reason="only mail counts")
    run_worker()
    view = measures.measure(made.slug)
    assert view.measure.definition_edition == 2
    assert view.signed == ()
    assert [one.person for one in view.sign_offs] == [leader]
    assert OutboxMail.objects.filter(to=leader.email).count() == 2
    rows = list(made.readings.order_by("period", "pk"))
    assert [row.definition_edition for row in rows] == [1, 2] * 3
    assert rows[0].value == 0.6
    assert rows[1].supersedes == rows[0]
    assert "only mail counts" in rows[1].reason
    assert HistoryEntry.objects.filter(code="measure.sign_off_withdrawn").count() == 1


def test_moving_the_target_withdraws_what_was_signed_and_another_name_does_not(
    editor: Person, owner: Person, person_with: Made
) -> None:
    leader = person_with("executive")
    made = started(editor, owner, **csat(), **path())
    sign_offs.ask(editor, made.slug, [leader.pk])
    sign_offs.sign(leader, made.slug, made.edition)
    made = measuring.change_measure(editor, made.slug, {"name": "The wait"})
    assert measures.measure(made.slug).signed
    measuring.change_measure(editor, made.slug, {"target": 0.7})
    assert not measures.measure(made.slug).signed


def test_who_is_asked_to_sign_finds_it_among_what_is_due(editor: Person, owner: Person, person_with: Made) -> None:
    leader = person_with("executive")
    made = started(editor, owner)
    sign_offs.ask(editor, made.slug, [leader.pk])
    sign_offs.ask(editor, made.slug, [leader.pk])
    assert [due.url for due in sign_offs.due_for(leader)] == [reverse("measure", args=[made.slug])]
    sign_offs.sign(leader, made.slug, made.edition)
    sign_offs.sign(leader, made.slug, made.edition)
    assert sign_offs.due_for(leader) == ()
    assert OutboxMail.objects.count() == 1
    assert HistoryEntry.objects.filter(code="measure.signed_off").count() == 1


def test_given_figures_are_kept_and_corrected_by_new_ones(editor: Person, owner: Person) -> None:
    made = started(editor, owner, source="typed", definition={"scale": "0-10"}, unit="of 10")
    given = GivenReading(date(2026, 3, 5), Figure(6.1, 5.6, 6.6, 31))
    first = readings.give_reading(owner, made.slug, given)
    assert readings.give_reading(owner, made.slug, given) == first
    with pytest.raises(Conflict, match="say why"):
        readings.give_reading(owner, made.slug, GivenReading(date(2026, 3, 20), Figure(6.4)))
    corrected = readings.give_reading(
        owner, made.slug, GivenReading(date(2026, 3, 20), Figure(6.4), "two answers were missing")
    )
    assert corrected.supersedes == first
    assert Reading.objects.get(pk=first.pk).value == 6.1
    view = measures.measure(made.slug)
    assert [row.value for row in view.readings] == [6.4]
    assert view.standing.code == "no_path"


def test_a_figure_without_an_interval_says_so(editor: Person, owner: Person) -> None:
    limits = path(baseline=5.0, target=8.0)
    made = started(editor, owner, source="typed", definition={"scale": "0-10"}, **limits)
    readings.give_reading(editor, made.slug, GivenReading(date(2026, 3, 1), Figure(9.9)))
    view = measures.measure(made.slug)
    assert view.standing.code == "no_interval"
    assert "without an interval" in measure_wording.measure_sentence(view)
    exact = GivenReading(date(2026, 4, 1), Figure(9.9, 9.9, 9.9))
    readings.give_reading(editor, made.slug, exact)
    assert measures.measure(made.slug).standing.code == "on_path"


def test_a_file_of_readings_is_taken_whole_or_not_at_all(editor: Person, owner: Person) -> None:
    made = started(editor, owner, source="imported", definition={"scale": "0-10"})
    good = "period,value,low,high,n\n2026-01,5.5,5,6,30\n2026-02,6,5.5,6.5,31\n"
    assert readings.receive_readings(editor, made.slug, read_csv(good)).accepted == 2
    again = readings.receive_readings(editor, made.slug, read_csv(good))
    assert (again.accepted, again.repeated) == (0, 2)
    bad = "period;value\n2026-03;7\n2026-04;11\n"
    with pytest.raises(Refused, match="not on the scale"):
        readings.receive_readings(editor, made.slug, read_csv(bad))
    assert made.readings.count() == 2


@pytest.mark.usefixtures("filled")
def test_a_past_month_is_read_again_with_a_reason(editor: Person, owner: Person, write: Write) -> None:
    made = started(editor, owner, **csat())
    readings.read_measure(made)
    late = answers("csat", {5: 100}, stage="wait", local_date=date(2026, 3, 11))
    write([{**row, "record_id": f"late-{number}", "customer_id": f"l{number}"} for number, row in enumerate(late)])
    assert readings.read_due() == 0
    new = readings.compute_again(editor, made.slug, date(2026, 3, 1), "a file came late")
    assert new.value == pytest.approx(170 / 200)
    assert new.supersedes is not None
    assert new.supersedes.value == 0.7


def test_a_list_of_measures_says_how_many_are_on_their_path(
    editor: Person, owner: Person, filled: None, small: Strategy
) -> None:
    started(editor, owner, name="On", **csat(), **path())
    started(editor, owner, name="Off", **csat(), **path(baseline=0.95, target=0.99))
    started(editor, owner, name="New")
    readings.read_due()
    views = measures.measures()
    assert [view.standing.code for view in views] == ["no_reading", "off_path", "on_path"]
    assert measure_wording.sentence(views) == "1 of 3 measures are on their path, 1 is off it, 1 has none yet."


# Pages


@pytest.mark.usefixtures("filled")
def test_a_measure_is_started_and_read_on_its_pages(
    editor: Person, owner: Person, client: Client, small: Strategy
) -> None:
    drafting.replace_draft(editor, small, source="a test")
    agreement.publish(editor, override="a test")
    client.force_login(editor)
    form = {
        "question": "How was the wait?",
        "decision": "We add a carrier.",
        "owner": owner.pk,
        "kind": "how",
        "outcomes": ["on_time"],
        "source": "record",
        "metric": "csat",
        "where": "stage = 'wait'",
        "direction": "higher",
        "per": "1",
        "baseline": "60",
        "target": "90",
        "start_date": "2026-02-01",
        "target_date": "2026-12-31",
        "path": "stepped",
        "steps": "2026-06-01 75",
        "every": "month",
    }
    answer = client.post(reverse("start_measure"), form)
    assert answer.status_code == 302, answer.content.decode()
    made = Measure.objects.get()
    assert (made.baseline, made.target, made.steps) == (0.6, 0.9, [["2026-06-01", 0.75]])
    run_worker()
    page = client.get(reverse("measure", args=[made.slug])).content.decode()
    assert "on its path: 90" in page
    assert "We add a carrier." in page
    assert reverse("verbatims") in page
    assert "1 of 1 measures" in client.get(reverse("measures"), {"standing": "on_path"}).content.decode()
    assert "on path" in client.get(reverse("strategy")).content.decode()
    opened = client.get(reverse("edit_measure", args=[made.slug])).content.decode()
    assert "2026-06-01 75" in opened
    form |= {"seen": made.edition, "target": "95"}
    assert client.post(reverse("edit_measure", args=[made.slug]), form).status_code == 302
    made.refresh_from_db()
    assert made.target == 0.95


@pytest.mark.usefixtures("filled")
def test_the_form_shows_what_the_record_says_now(editor: Person, client: Client, person_with: Made) -> None:
    client.force_login(editor)
    query = {"source": "record", "metric": "csat", "where": "stage = 'wait'", "every": "month"}
    page = client.get(reverse("preview_measure"), query).content.decode()
    assert "90" in page
    assert "n\u202f=\u202f100" in page
    wrong = client.get(reverse("preview_measure"), {**query, "where": "stage ="}).content.decode()
    assert "character" in wrong
    client.force_login(person_with("employee"))
    assert client.get(reverse("preview_measure"), query).status_code == 403


def test_what_is_wrong_is_said_where_it_was_typed(editor: Person, owner: Person, client: Client) -> None:
    client.force_login(editor)
    answer = client.post(reverse("start_measure"), {"question": "How?", "owner": owner.pk})
    assert answer.status_code == 422
    made = started(editor, owner, source="typed", definition={"scale": "0-10"})
    address = reverse("give_reading", args=[made.slug])
    assert client.post(address, {"day": "2026-03-01", "value": "12"}).status_code == 422
    assert client.post(address, {"day": "2026-03-01", "value": "7", "exact": "on"}).status_code == 302
    assert made.readings.get().low == 7
