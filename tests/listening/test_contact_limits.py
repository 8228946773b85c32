"""No customer is asked more often than the rule says: by any schedule, and by many who decide at once."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from headwater.base.models import Person
from headwater.base.refusals import Refused
from headwater.listening.models import Contact, Survey
from headwater.listening.personal.consent import Given, record_consent
from headwater.listening.surveys import contacts
from headwater.listening.surveys.contact_rules import QUARTER, Allowed, Denied, Message, may_ask

START = datetime(2026, 1, 1, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Rule:
    rest_days: int = 30
    most_a_quarter: int = 3
    reminder_days: int = 3
    most_reminders: int = 2


def message(days: float, *, asking: UUID | None = None, reminder: bool = False) -> Message:
    return Message(asking or uuid4(), START + timedelta(days=days), reminder)


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def test_the_rest_is_counted_from_the_last_message_of_any_survey() -> None:
    one = uuid4()
    known = [message(0, asking=one), message(5, asking=one, reminder=True)]
    assert may_ask(Rule(), known, at(34.9), False) == Denied("resting", at(35))
    assert may_ask(Rule(), known, at(35), False) == Allowed()


def test_a_quarter_is_any_thirteen_weeks() -> None:
    known = [message(0), message(30), message(60)]
    assert may_ask(Rule(), known, at(90), False) == Denied("quarter_full", at(91))
    assert may_ask(Rule(), known, at(91), False) == Allowed()


def test_nobody_is_asked_who_does_not_want_it() -> None:
    assert may_ask(Rule(), [], START, True) == Denied("do_not_ask")


def test_a_reminder_needs_its_asking_a_pause_and_an_end() -> None:
    one = uuid4()
    known = [message(0, asking=one)]
    assert may_ask(Rule(), known, at(2), False, remind=one) == Denied("too_soon", at(3))
    assert may_ask(Rule(), known, at(3), False, remind=one) == Allowed()
    assert may_ask(Rule(), known, at(3), False, remind=uuid4()) == Denied("not_asked")
    known += [message(3, asking=one, reminder=True), message(6, asking=one, reminder=True)]
    assert may_ask(Rule(), known, at(20), False, remind=one) == Denied("reminded_enough")


def test_what_is_arranged_for_later_counts_too() -> None:
    assert may_ask(Rule(), [message(10)], at(0), False) == Denied("resting", at(40))
    one = uuid4()
    arranged = [message(0, asking=one), message(40)]
    assert may_ask(Rule(), arranged, at(20), False, remind=one) == Denied("resting", at(70))


RULES = st.builds(
    Rule, st.integers(0, 60), st.integers(0, 5), st.integers(1, 10), st.integers(0, 3)
)  # fmt: skip
WISHES = st.lists(st.tuples(st.floats(0, 250), st.integers(0, 9)), max_size=60)


@given(RULES, WISHES)
def test_no_schedule_breaks_a_limit(rule: Rule, wishes: list[tuple[float, int]]) -> None:
    """Askings and reminders are wished for at any time, in any order; whatever was allowed holds the limits."""
    sent: list[Message] = []
    for days, what in wishes:
        asked = [one for one in sent if not one.is_reminder]
        of = asked[what % len(asked)].asking if what > 4 and asked else None
        if isinstance(may_ask(rule, sent, at(days), False, remind=of), Allowed):
            sent.append(Message(of or uuid4(), at(days), of is not None))
    assert_kept(rule, sent)


def assert_kept(rule: Rule, sent: list[Message]) -> None:
    """The limits in other words than the rule's: every pair, every thirteen weeks, every asking."""
    for one in sent:
        others = [other for other in sent if other is not one]
        if not one.is_reminder:
            before = [other.at for other in others if other.at <= one.at]
            assert all(one.at - other >= timedelta(days=rule.rest_days) for other in before)
            window = [two for two in sent if not two.is_reminder and one.at <= two.at < one.at + QUARTER]
            assert len(window) <= rule.most_a_quarter
            reminders = [two for two in others if two.asking == one.asking]
            assert len(reminders) <= rule.most_reminders
            assert all(two.is_reminder and two.at >= one.at for two in reminders)
        else:
            assert all(abs(one.at - other.at) >= timedelta(days=rule.reminder_days) for other in others)


# --- many who decide at once

CUSTOMERS = ("c1", "c2", "c3")
DECIDERS = 4
SCHEDULES = [[0.0, *((7 * number + 31 * turn) % 120 for turn in range(5))] for number in range(DECIDERS)]
"""All begin at the same moment, then each goes its own way."""

PROGRAM = """
import json, multiprocessing
import django
django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
call_command("migrate", verbosity=0, run_syncdb=True)
from django.db import connection
from headwater.listening.models import Contact
from tests.listening import test_contact_limits as test
surveys = test.make_surveys()
connection.close()
with multiprocessing.get_context("fork").Pool(test.DECIDERS) as deciders:
    asked = deciders.starmap(test.one_decider, zip([one.pk for one in surveys], test.SCHEDULES), chunksize=1)
rows = Contact.objects.values_list("customer_id", "at")
print(json.dumps({"asked": asked, "contacts": [[customer, at.isoformat()] for customer, at in rows]}))
"""


def make_surveys() -> list[Survey]:
    return [Survey.objects.create(name=f"s{number}", title="S") for number in range(DECIDERS)]


def one_decider(survey: int, days: list[float]) -> list[int]:
    """What each batch of a mailing does, again and again; returns how many were asked each time."""
    try:
        return [_ask_everybody(Survey.objects.get(pk=survey), one) for one in days]
    finally:
        connection.close()


def _ask_everybody(survey: Survey, days: float) -> int:
    now = at(days)
    with transaction.atomic():
        contacts.take_turns(CUSTOMERS)
        found = contacts.decide(CUSTOMERS, survey, "email", now)
        yes = {one: uuid4() for one, answer in found.items() if isinstance(answer, Allowed)}
        contacts.note(yes, survey, "email", now)
    return len(yes)


def assert_nobody_asked_too_often(asked: list[list[int]], sent: list[tuple[str, datetime]]) -> None:
    assert sum(map(sum, asked)) == len(sent)
    assert sorted(first for first, *_rest in asked) == [0] * (DECIDERS - 1) + [len(CUSTOMERS)]
    for customer in CUSTOMERS:
        messages = [Message(uuid4(), moment) for one, moment in sent if one == customer]
        assert len(messages) > 1
        assert_kept(Rule(), messages)


@pytest.mark.django_db(transaction=True)
def test_many_threads_that_decide_at_once_ask_no_customer_too_often() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("its test database is in memory, for one thread; processes are tested below")
    with ThreadPoolExecutor(DECIDERS) as deciders:
        asked = list(deciders.map(one_decider, [one.pk for one in make_surveys()], SCHEDULES))
    assert_nobody_asked_too_often(asked, list(Contact.objects.values_list("customer_id", "at")))


@pytest.mark.long
def test_many_processes_that_decide_at_once_ask_no_customer_too_often(home: Path) -> None:
    environment = {**os.environ, "HEADWATER_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("HEADWATER_DATABASE_URL", None)
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    sent = [(customer, datetime.fromisoformat(moment)) for customer, moment in found["contacts"]]
    assert_nobody_asked_too_often(found["asked"], sent)


@pytest.mark.django_db
def test_a_withdrawal_counts_for_every_survey_of_its_channel() -> None:
    survey = Survey.objects.create(name="s", title="S")
    record_consent(None, [Given("c1", "any", "survey", False, START)], origin="a test")
    found = contacts.decide(CUSTOMERS, survey, "email", at(1))
    assert found == {"c1": Denied("do_not_ask"), "c2": Allowed(), "c3": Allowed()}


@pytest.mark.django_db
def test_limits_are_changed_by_those_who_send_and_not_over_another_s_change() -> None:
    sender = Person.objects.create(email="s@example.com", name="S", roles=["cx_team"])
    analyst = Person.objects.create(email="a@example.com", name="A", roles=["analyst"])
    values = {"rest_days": 14, "most_a_quarter": 2, "reminder_days": 4, "most_reminders": 1}
    row = contacts.change_limits(sender, values, edition=0)
    assert (row.rest_days, row.most_a_quarter, row.edition) == (14, 2, 1)
    for person, given_, edition in (
        (analyst, values, 1),
        (sender, values | {"rest_days": 900}, 1),
        (sender, values, 0),
    ):
        with pytest.raises(Refused):
            contacts.change_limits(person, given_, edition=edition)
    assert contacts.limits().edition == 1
