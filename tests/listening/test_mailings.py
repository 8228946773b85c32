"""A mailing asks whom it drew, once, in their own hours, and stops when it should."""

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from headwater.base import worker
from headwater.base.models import Company, OutboxMail, Person
from headwater.base.outbox import Lane
from headwater.base.refusals import Refused
from headwater.journey import triggers
from headwater.journey.models import Firing
from headwater.listening import inbox
from headwater.listening.models import Addressee, Contact, InboxBatch, Invitation, Mailing, Survey
from headwater.listening.personal.consent import Given, record_consent
from headwater.listening.surveys import audience, contacts, draws, invitations, mailing_work, mailings, personal_links
from headwater.listening.surveys.mailing_rules import is_time_to_look
from headwater.listening.surveys.tokens import hashed
from headwater.metrics.store import company_record
from headwater.record.questions import Invited
from headwater.science.results import Estimate
from tests.listening.mail_sink import Sink, a_document, a_survey, sink, some_addressees, token_in

__all__ = ["sink"]

ANYTIME: dict[str, Any] = {"days": [0, 1, 2, 3, 4, 5, 6], "opens": 0, "closes": 24}
State = Invitation.State


def started(survey: Survey, channel: str = "email", **plan: Any) -> Mailing:
    """A mailing that began, with everything drawn that will be."""
    mailing = mailings.create(None, survey, plan={"window": ANYTIME, **plan}, channel=channel)
    mailings.start(None, mailing)
    draws.draw(None, mailing.pk)
    mailing.refresh_from_db()
    return mailing


def progress(mailing: Mailing) -> mailings.Progress:
    return mailings.progress_of(Mailing.objects.get(pk=mailing.pk))


def states(mailing: Mailing) -> dict[str, int]:
    return dict(progress(mailing).states)


def test_everybody_with_an_address_is_asked_once_by_the_queue(ours: Company, sink: Sink) -> None:
    survey = a_survey()
    some_addressees(120)
    Addressee.objects.create(customer_id="silent")
    mailing = mailings.create(None, survey, plan={"window": ANYTIME, "reminders": 0})
    mailings.start(None, mailing)
    for _round in range(3):
        worker.run_due()
    assert len(sink.mails) == 120
    assert {one["To"] for one in sink.mails} == {f"c{n}@example.com" for n in range(120)}
    assert len({token_in(one) for one in sink.mails}) == 120
    mailing.refresh_from_db()
    assert (states(mailing), mailing.state) == ({"sent": 120}, Mailing.State.DONE)
    assert Contact.objects.count() == 120
    inbox.flush()
    (row,) = company_record().ask(Invited(("attribute:survey", "attribute:metric")))
    assert (row.asked, dict(row.group)) == (120, {"attribute:survey": survey.name, "attribute:metric": "nps"})
    assert not OutboxMail.objects.filter(lane=Lane.BULK).exclude(text="").exists()


def test_the_pages_of_a_mailing(ours: Company, client: Client) -> None:
    survey = a_survey()
    some_addressees(3)
    sender = Person.objects.create(email="s@example.com", name="S", roles=["cx_team"])
    client.force_login(sender)
    assert client.get(f"/surveys/{survey.name}/send").status_code == 200
    made = client.post(f"/surveys/{survey.name}/send", {"title": "First", "channel": "email"})
    address = made["Location"]
    page = client.get(address)
    assert page.status_code == 200
    assert "would ask 3 customers" in page.content.decode()
    for path in ("/surveys/contact-limits", "/addressees", f"{address}/mail", f"{address}/progress"):
        assert client.get(path).status_code == 200, path
    assert "3 customers" in client.get(f"{address}/count").content.decode()
    plan = {
        "seen": "0", "sample": "random", "size": "2", "weekdays": ["0", "6"], "opens": "0", "closes": "24",
        "reminders": "0", "reminder_days": "5", "open_days": "9", "customers": "", "signals": "", "subject_en": "Hi",
    }  # fmt: skip
    assert client.post(address, plan).status_code == 302
    mailing = Mailing.objects.get()
    kept = mailings.plan_of(mailing)
    assert (kept.sample.size, kept.window.days, kept.wording["en"].subject) == (2, (0, 6), "Hi")
    again = client.post(address, plan)
    assert again.status_code == 409
    wrong = client.post(address, {**plan, "seen": "1", "customers": "plan ="})
    assert wrong.status_code == 400
    assert client.post(f"{address}/start", {"seen": "1"}).status_code == 302
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.RUNNING


# --- once, whatever is killed


class Killed(BaseException):
    """Stands for the process's end: nothing after it runs."""


@pytest.mark.parametrize("where", ["a mail", "the contacts", "the events", "the draw"])
def test_a_mailing_killed_anywhere_asks_nobody_twice(
    ours: Company, sink: Sink, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    survey = a_survey()
    some_addressees(30)
    monkeypatch.setattr(invitations, "BATCH", 10)
    monkeypatch.setattr(audience, "PAGE", 10)
    module, name = {
        "a mail": (invitations, "put_mail"), "the contacts": (contacts, "note"), "the events": (invitations, "told"),
        "the draw": (draws, "_less_drawn"),
    }[where]  # fmt: skip
    real, calls = getattr(module, name), iter(range(100))

    def dies(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == (15 if where == "a mail" else 1):
            raise Killed
        return real(*args, **kwargs)

    mailing = mailings.create(None, survey, plan={"window": ANYTIME})
    mailings.start(None, mailing)
    with monkeypatch.context() as broken:
        broken.setattr(module, name, dies)
        with pytest.raises(Killed):
            go_on(mailing)
    go_on(mailing)
    worker.run_due()
    assert sorted(str(one["To"]) for one in sink.mails) == sorted(f"c{n}@example.com" for n in range(30))
    assert (Contact.objects.count(), states(mailing)) == (30, {"sent": 30})
    assert inbox.waiting() == 30


def go_on(mailing: Mailing) -> None:
    """What the queue does with a mailing that runs."""
    draws.draw(None, mailing.pk)
    mailing_work.work()


def test_who_was_asked_lately_is_left_out_and_counted(ours: Company, sink: Sink) -> None:
    some_addressees(5)
    Addressee.objects.create(customer_id="twin", email="C0@example.com")
    first = started(a_survey(), sample={"kind": "random", "size": 2, "seed": 1}, reminders=0)
    mailing_work.work()
    asked = set(Contact.objects.values_list("customer_id", flat=True))
    assert len(asked) == 2
    second = started(a_survey(name="other"))
    mailing_work.work()
    left_out = dict(progress(second).left_out)
    assert left_out.pop("resting") == 2
    assert set(left_out) <= {"same_address"}
    assert Contact.objects.values("customer_id").distinct().count() == Contact.objects.count()
    assert progress(first).sent == 2


def test_limits_are_asked_again_when_the_mail_is_written(ours: Company, sink: Sink) -> None:
    some_addressees(2)
    first, second = started(a_survey()), started(a_survey(name="other"))
    assert states(first) == states(second) == {"planned": 2}
    mailing_work.work()
    assert Contact.objects.count() == 2
    sent = progress(first).sent + progress(second).sent
    withdrawn = [progress(one).left_out.get("resting", 0) for one in (first, second)]
    assert (sent, sum(withdrawn)) == (2, 2)


def test_a_seed_draws_the_same_customers_and_strata_their_shares(ours: Company) -> None:
    ids = some_addressees(40)
    put_plans({one: "plus" if n < 10 else "basic" for n, one in enumerate(ids)})
    chosen = [
        started(a_survey(name=f"s{n}"), sample={"kind": "stratified", "size": 8, "seed": 5}, segment="plan")
        for n in range(2)
    ]
    drawn = [set(one.invitations.values_list("customer_id", flat=True)) for one in chosen]
    assert drawn[0] == drawn[1]
    strata = list(chosen[0].invitations.values_list("stratum", flat=True))
    assert (strata.count("plus"), strata.count("basic")) == (2, 6)
    assert {str(one.attributes) for one in chosen[0].invitations.all()} == {"{'plan': 'plus'}", "{'plan': 'basic'}"}


def put_plans(plans: dict[str, str]) -> None:
    rows = [{"customer_id": one, "attributes": [("plan", plan)]} for one, plan in plans.items()]
    schema = pa.schema([("customer_id", pa.string()), ("attributes", pa.map_(pa.string(), pa.string()))])
    company_record().put_customers(pa.Table.from_pylist(rows, schema=schema))


def test_a_preview_says_what_starting_does(ours: Company) -> None:
    some_addressees(4)
    Addressee.objects.create(customer_id="silent")
    record_consent(None, [Given("c1", "any", "survey", False, timezone.now())], origin="a test")
    mailing = mailings.create(None, a_survey(), plan={"window": ANYTIME})
    found = mailings.preview(None, mailing)
    assert (found.invited, found.left_out, found.complete) == (3, {"do_not_ask": 1}, True)
    mailings.start(None, mailing)
    draws.draw(None, mailing.pk)
    assert states(mailing) == {"planned": 3}
    assert progress(mailing).left_out == {"do_not_ask": 1}


def due_times(mailing: Mailing) -> dict[str, datetime]:
    return {one.customer_id: one.due_at for one in mailing.invitations.all() if one.due_at}


# --- reminders, quotas, ends


def test_only_those_who_did_not_answer_are_reminded_within_the_limits(ours: Company, sink: Sink) -> None:
    some_addressees(3)
    mailing = started(a_survey(), reminders=5, reminder_days=4)
    now = timezone.now()
    mailing_work.work()
    mailing.invitations.filter(customer_id="c0").update(state=State.SPENT, due_at=None)
    for day in range(1, 31):
        invitations.send_due(now=now + timedelta(days=day, minutes=1))
        worker.run_due()  # before the invitation expires: what leaves later is dropped
    reminded = Contact.objects.filter(is_reminder=True).values_list("customer_id", flat=True)
    assert sorted(reminded) == ["c1", "c1", "c2", "c2"]  # as many as the limits allow, not as the plan wishes
    inbox.flush()
    (row,) = company_record().ask(Invited())
    assert row.asked == 3
    again = [one for one in sink.mails if str(one["Subject"]).startswith("A reminder")]
    assert len(again) == 4
    first = next(one for one in sink.mails if one["To"] == "c1@example.com")
    assert token_in(first) == token_in(sink.to("c1@example.com"))
    assert states(mailing) == {"spent": 1, "expired": 2}


def test_a_segment_with_its_quota_is_asked_no_more(ours: Company, sink: Sink) -> None:
    ids = some_addressees(12)
    put_plans({one: "plus" if n < 6 else "basic" for n, one in enumerate(ids)})
    mailing = started(a_survey(), segment="plan", quotas={"plus": 2}, starts_at="2099-01-01T10:00:00Z")
    plus = mailing.invitations.filter(stratum="plus")
    plus.filter(pk__in=plus.values_list("pk", flat=True)[:2]).update(state=State.SPENT, due_at=None)
    mailing_work.watch(mailing)
    mailing.refresh_from_db()
    assert mailing.state == Mailing.State.DONE
    assert progress(mailing).left_out["quota_full"] == 4


def test_it_stops_when_the_interval_is_narrow_enough_and_not_before(ours: Company, sink: Sink) -> None:
    survey = a_survey()
    some_addressees(80)
    mailing = started(survey, stop_width=20, starts_at="2099-01-01T10:00:00Z")
    answered = mailing.invitations.order_by("pk")[:60].values_list("pk", flat=True)
    Invitation.objects.filter(pk__in=list(answered)).update(state=State.SPENT, due_at=None)
    at = datetime(2026, 3, 1, 12)
    rows = [
        {"source": survey.source, "record_id": str(n), "kind": "survey", "metric": "nps",
         "score": float(10 if n % 2 else 7),
         "score_band": n % 2, "scale": "0-10", "occurred_at": at, "received_at": at, "local_date": at.date(),
         "customer_id": f"c{n}", "attributes": [("question", "nps"), ("wave", "1")]}
        for n in range(60)
    ]  # fmt: skip
    schema = pa.table({"attributes": pa.array([], pa.map_(pa.string(), pa.string()))}).schema
    table = pa.Table.from_pylist([{k: v for k, v in row.items() if k != "attributes"} for row in rows])
    table = table.append_column("attributes", pa.array([row["attributes"] for row in rows], schema.field(0).type))
    inbox.put(table.set_column(table.column_names.index("score_band"), "score_band", table["score_band"].cast("int8")))
    inbox.flush()
    figure = mailing_work.figure_of(mailing)
    assert isinstance(figure, Estimate)
    assert (figure.n, round(figure.estimate)) == (60, 50)
    mailing_work.watch(mailing)
    mailing.refresh_from_db()
    assert (mailing.state, mailing.looked_at) == (Mailing.State.DONE, 60)
    assert "60 answers" in mailing.reason


@given(st.integers(0, 300), st.integers(0, 300))
def test_looks_are_few_and_late(answers: int, looked_at: int) -> None:
    if is_time_to_look(answers, looked_at):
        assert answers >= 50
        assert answers - looked_at >= 25


def test_paused_nothing_leaves_and_cancelled_nobody_more(ours: Company, sink: Sink) -> None:
    some_addressees(3)
    mailing = started(a_survey())
    mailings.pause(None, mailing)
    mailing_work.work()
    assert Contact.objects.count() == 0
    mailings.resume(None, mailing)
    mailings.cancel(None, mailing)
    mailing_work.work()
    assert (Contact.objects.count(), states(mailing)) == (0, {"withdrawn": 3})
    for act in (mailings.start, mailings.pause, mailings.resume):
        with pytest.raises(Refused):
            act(None, mailing)


QUESTION = {"id": "q", "kind": "nps", "text": {"en": "Would you recommend us?", "ar": "هل توصي بنا؟"}}


def test_an_anonymous_survey_keeps_nothing_beside_an_answer(ours: Company, sink: Sink) -> None:
    ids = some_addressees(2)
    put_plans(dict.fromkeys(ids, "plus"))
    started(a_survey(a_document(anonymous=True, pages=[{"id": "p", "questions": [QUESTION]}])), segment="plan")
    mailing_work.work()
    assert set(Invitation.objects.values_list("response_id", flat=True)) == {""}
    assert [one.attributes for one in Invitation.objects.all()] == [{}, {}]
    rows = inbox.unpack(InboxBatch.objects.get().signals).to_pylist()
    assert all(not row.get("customer_id") and not row.get("response_id") for row in rows)
    assert {row["occurred_at"].minute for row in rows} == {0}
    assert not any(str(one.asking) in str(rows) for one in Invitation.objects.all())


def test_links_are_handed_over_once_asked_for(ours: Company, client: Client) -> None:
    some_addressees(2)
    mailing = started(a_survey(), channel="link")
    mailing_work.work()
    assert Contact.objects.count() == 0
    file = personal_links.export(None, mailing)
    assert file == personal_links.export(None, mailing)
    assert Contact.objects.filter(channel="link").count() == 2
    token = file.splitlines()[1].rpartition("/")[2]
    assert Invitation.objects.filter(token_hash=hashed(token), state=State.SENT).count() == 1
    analyst = Person.objects.create(email="a@example.com", name="A", roles=["analyst"])
    with pytest.raises(Refused):
        personal_links.export(analyst, mailing)


def test_a_mailing_that_began_keeps_whom_it_drew(ours: Company) -> None:
    some_addressees(2)
    mailing = started(a_survey())
    with pytest.raises(Refused, match="begun"):
        mailings.change(None, mailing, {**mailing.plan, "sample": {"kind": "random", "size": 1}})
    changed = mailings.change(None, mailing, {**mailing.plan, "reminders": 0}, edition=0)
    with pytest.raises(Refused, match="Someone else"):
        mailings.change(None, mailing, changed.plan, edition=0)


@pytest.mark.parametrize("plan", [
    {"audience": {"customers": "plan ="}}, {"sample": {"kind": "random"}}, {"window": {"opens": 9, "closes": 9}},
    {"quotas": {"a": 1}}, {"wording": {"en": {"subject": "a\nBcc: b"}}}, {"unknown": 1}, {"stop_width": 0},
])  # fmt: skip
def test_a_plan_that_cannot_be_is_refused(ours: Company, plan: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        mailings.read_plan(None, plan)


def test_nobody_counts_as_asked_where_no_mail_can_leave(ours: Company, settings: LazySettings) -> None:
    some_addressees(2)
    mailing = started(a_survey())
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    mailing_work.work()
    assert (Contact.objects.count(), states(mailing)) == (0, {"planned": 2})
    with pytest.raises(Refused, match="HEADWATER_SMTP_URL"):
        mailings.start(None, mailings.create(None, mailing.survey))


def test_no_more_is_written_than_leaves_soon(ours: Company, settings: LazySettings) -> None:
    settings.BULK_MAILS_A_MINUTE = 10
    some_addressees(150)
    mailing = started(a_survey())
    mailing_work.work()
    assert states(mailing) == {"sent": 100, "planned": 50}
    mailing_work.work()
    assert states(mailing)["planned"] == 50


# --- at a moment


def test_a_firing_asks_its_customer_later_and_within_the_limits(ours: Company, sink: Sink) -> None:
    survey = a_survey()
    some_addressees(1)
    rule = {"kind": "first", "first": "event = 'delivered'", "per": "customer"}
    with pytest.raises(Refused, match="survey"):
        triggers.create_trigger(None, {"name": "x", "rule": rule, "action": "survey", "target": "nothing"})
    trigger = triggers.create_trigger(
        None, {"name": "Delivered", "rule": rule, "action": "survey", "target": survey.name, "delay_hours": 48}
    )
    now = timezone.now()
    for number, customer in enumerate(("c0", "c0", "nobody")):
        Firing.objects.create(
            trigger=trigger, edition=1, unit=f"{customer}{number}", occurrence="1", signal_key=number,
            customer_id=customer, occurred_at=now, mark_at=now, found_at=now, state=Firing.State.WAITING,
        )  # fmt: skip
    assert triggers.answer_waiting() == 3
    mailing = Mailing.objects.get()
    assert (mailing.trigger, mailing.state) == (trigger.pk, Mailing.State.RUNNING)
    assert states(mailing) == {"planned": 2}
    due = due_times(mailing).values()
    assert len(due) == 1
    assert all(one >= now + timedelta(hours=48) for one in due)
    assert invitations.send_due(now=now + timedelta(hours=47)) == 0
    invitations.send_due(now=max(due) + timedelta(minutes=1))
    assert states(mailing) == {"sent": 1, "withdrawn": 1}
    assert progress(mailing).left_out == {"no_address": 1, "resting": 1}
