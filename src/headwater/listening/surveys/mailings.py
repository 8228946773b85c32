"""Mailings: one round of asking each; begun as a draft, started, paused, let go on, cancelled, ended by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from headwater.base.history import record_history
from headwater.base.outbox import is_configured, put_mail
from headwater.base.permissions import require
from headwater.base.queue import enqueue
from headwater.base.refusals import Conflict, NotFound, Refused
from headwater.listening.models import Invitation, Mailing
from headwater.listening.surveys import audience, draws, invitations, mail, queries
from headwater.listening.surveys.mailing_rules import (
    Plan,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headwater.base.models import Person
    from headwater.listening.models import Survey

DRAW, SEND = "listening.draw_mailing", "listening.send_invitations"
CHANNELS: Final = ("email", "link")
MOST_MAILINGS: Final = 500
State = Mailing.State


# --- read


def mailings_of(person: Person | None, survey: Survey) -> list[Mailing]:
    """The mailings of a survey, newest first."""
    require(person, "view", "surveys")
    return list(Mailing.objects.filter(survey=survey).select_related("survey"))


def mailing_of(person: Person | None, survey: Survey, pk: int) -> Mailing:
    """One mailing. Raises NotFound."""
    require(person, "view", "surveys")
    found = Mailing.objects.select_related("survey").filter(survey=survey, pk=pk).first()
    if found is None:
        raise NotFound("mailing.unknown", _("“%(survey)s” has no mailing %(number)s.") % {
            "survey": survey.title, "number": pk})  # fmt: skip
    return found


def plan_of(mailing: Mailing) -> Plan:
    """The plan as it is kept."""
    return Plan.model_validate(mailing.plan)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a mailing came: invitations by state, reminders sent, and who was left out, by reason."""

    invitations: int
    states: Mapping[str, int]
    sent: int
    answered: int
    reminded: int
    left_out: Mapping[str, int]


def progress_of(mailing: Mailing) -> Progress:
    """Count a mailing's invitations."""
    rows = Invitation.objects.filter(mailing=mailing)
    states = dict(rows.values_list("state").annotate(n=Count("pk")).order_by())
    extra = rows.aggregate(sent=Count("pk", filter=Q(sent_at__isnull=False)), reminded=Count("reminded_at"))
    answered = states.get(Invitation.State.SPENT, 0)
    return Progress(
        sum(states.values()), states, extra["sent"], answered, extra["reminded"], mailing.counts.get("left_out", {})
    )


def preview(person: Person | None, mailing: Mailing, plan: Plan | None = None) -> draws.Preview:
    """What starting this mailing now would do."""
    require(person, "send", "surveys")
    plan = plan or plan_of(mailing)
    audience.require_usable(person, plan.audience)
    return draws.preview(mailing, plan)


# --- changed


def create(
    person: Person | None,
    survey: Survey,
    title: str = "",
    plan: Mapping[str, Any] | None = None,
    *,
    channel: str = "email",
    wave: int | None = None,
) -> Mailing:
    """Begin a mailing, as a draft. Its wave is the one after the last, where none is given."""
    require(person, "send", "surveys")
    if channel not in CHANNELS:
        message = _("“%(given)s” is no channel. Choose from: %(known)s.")
        values = {"given": channel[:40], "known": ", ".join(CHANNELS)}
        raise Refused("mailing.channel", message % values, "channel")
    checked = read_plan(person, plan or {})
    _require_a_score(survey, checked)
    with transaction.atomic():
        theirs = Mailing.objects.filter(survey=survey)
        if theirs.count() >= MOST_MAILINGS:
            raise Refused("mailing.too_many", _("This survey has %d mailings; that is the most.") % MOST_MAILINGS)
        number = wave or (theirs.aggregate(last=Max("wave"))["last"] or 0) + 1
        row = Mailing.objects.create(
            survey=survey, title=_title(title or _("Wave %d") % number), wave=_wave(number), channel=channel,
            plan=checked.model_dump(mode="json"), created_by=person,
        )  # fmt: skip
        _note(person, "mailing.created", row)
    return row


def change(
    person: Person | None,
    mailing: Mailing,
    plan: Mapping[str, Any],
    *,
    title: str | None = None,
    wave: int | None = None,
    edition: int | None = None,
) -> Mailing:
    """Change what a mailing is told. Refuses (409) when someone changed it since ``edition``, and, once it has begun,
    another audience or sample: who was drawn by one seed stays."""
    require(person, "send", "surveys")
    checked = read_plan(person, plan)
    _require_a_score(mailing.survey, checked)
    with transaction.atomic():
        row = locked(mailing)
        if edition is not None and edition != row.edition:
            message = _("Someone else changed this mailing after you opened it. Reload the page and change it again.")
            raise Conflict("mailing.changed_meanwhile", message)
        if row.state in (State.DONE, State.CANCELLED):
            raise Refused("mailing.over", _("“%s” is over. Begin another mailing instead.") % row.title)
        if row.state != State.DRAFT:
            before = plan_of(row)
            same = ("audience", "sample", "segment", "attributes")
            if any(getattr(before, name) != getattr(checked, name) for name in same):
                message = _("“%s” has begun: whom it asks stays as it was drawn. Cancel it, or begin another one.")
                raise Refused("mailing.begun", message % row.title, "audience")
        row.plan, row.edition = checked.model_dump(mode="json"), row.edition + 1
        row.title = _title(title) if title is not None else row.title
        row.wave = _wave(wave) if wave is not None else row.wave
        row.save(update_fields=["plan", "edition", "title", "wave"])
        _note(person, "mailing.changed", row)
    return row


def read_plan(person: Person | None, plan: Mapping[str, Any]) -> Plan:
    """The plan, checked: its shape, its filters, its sender. Refuses what is wrong, at its field."""
    try:
        checked = Plan.model_validate(dict(plan))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        message = _("%(field)s: %(what)s")
        raise Refused("mailing.plan", message % {"field": field or _("plan"), "what": first["msg"]}, field) from error
    audience.require_usable(person, checked.audience)
    mail.require_own_domain(checked.sender)
    return checked


def _require_a_score(survey: Survey, plan: Plan) -> None:
    if plan.stop_width is not None and audience.first_metric(queries.latest(survey)[1]) is None:
        message = _("“%s” has no scored question whose interval could be narrow enough.")
        raise Refused("mailing.no_score", message % survey.title, "stop_width")


def start(person: Person | None, mailing: Mailing, *, edition: int | None = None) -> Mailing:
    """Let a draft begin: the queue draws and sends. Refuses a survey that takes no answers."""
    require(person, "send", "surveys")
    queries.published(mailing.survey)
    if queries.state_of(mailing.survey) != "open":
        raise Refused("mailing.survey_closed", _("“%s” takes no answers. Open it first.") % mailing.survey.title)
    if mailing.channel == "email" and not is_configured():
        message = _("No mail can leave here: an administrator sets HEADWATER_SMTP_URL first.")
        raise Refused("mailing.no_mail_server", message)
    with transaction.atomic():
        row = locked(mailing)
        if edition is not None and edition != row.edition:
            message = _("Someone else changed this mailing after you opened it. Look at it again before it starts.")
            raise Conflict("mailing.changed_meanwhile", message)
        if row.state == State.RUNNING:
            return row
        require_state(row, State.DRAFT)
        row.state, row.started_at = State.RUNNING, timezone.now()
        if row.trigger is not None:
            row.planned_at = row.started_at
        row.save(update_fields=["state", "started_at", "planned_at"])
        _note(person, "mailing.started", row)
        if row.trigger is None:
            enqueue(DRAW, {"mailing": row.pk}, unique_key=f"{DRAW}:{row.pk}", requested_by=person)
    return row


def pause(person: Person | None, mailing: Mailing, reason: str = "") -> Mailing:
    """Send nothing until it is let go on. Mails that wait in the outbox are taken back."""
    return _turned(person, mailing, State.RUNNING, State.PAUSED, "mailing.paused", reason)


def resume(person: Person | None, mailing: Mailing) -> Mailing:
    """Let a paused mailing go on."""
    row = _turned(person, mailing, State.PAUSED, State.RUNNING, "mailing.resumed", "")
    with transaction.atomic():
        enqueue(DRAW, {"mailing": row.pk}, unique_key=f"{DRAW}:{row.pk}", requested_by=person)
    return row


def cancel(person: Person | None, mailing: Mailing) -> Mailing:
    """Ask nobody more. Those who were asked may still answer; they are not reminded."""
    require(person, "send", "surveys")
    with transaction.atomic():
        row = locked(mailing)
        if row.state == State.CANCELLED:
            return row
        if row.state not in (State.RUNNING, State.PAUSED):
            require_state(row, State.RUNNING)
        invitations.withdraw(row, Q(), "cancelled")
        row.state, row.ended_at = State.CANCELLED, timezone.now()
        row.save(update_fields=["state", "ended_at"])
        _note(person, "mailing.cancelled", row)
    return row


def delete_draft(person: Person | None, mailing: Mailing) -> None:
    """Throw a draft away."""
    require(person, "send", "surveys")
    with transaction.atomic():
        row = locked(mailing)
        require_state(row, State.DRAFT)
        _note(person, "mailing.deleted", row)
        row.delete()


def send_test(person: Person, mailing: Mailing, language: str = "") -> str:
    """Send the mail to the person who asks, with links to the preview; returns the address."""
    require(person, "send", "surveys")
    plan = plan_of(mailing)
    composed = written(mailing, plan, language, name=person.name)
    with transaction.atomic():
        put_mail(
            person.email, _("Test: %s") % composed.subject, composed.text, composed.html, sender=composed.sender,
            reply_to=composed.reply_to, headers=composed.headers,
        )  # fmt: skip
        _note(person, "mailing.tested", mailing)
    return person.email


def written(
    mailing: Mailing, plan: Plan, language: str = "", *, name: str = "", reminder: bool = False
) -> mail.Composed:
    """The mail as nobody in particular would get it; its links open nothing."""
    _version, document = queries.latest(mailing.survey)
    language = language if language in document.languages else document.languages[0]
    letter = mail.Letter(document, plan.wording, plan.sender, language, name, "preview", {}, reminder)
    return mail.compose(letter)


# --- small parts


def locked(mailing: Mailing) -> Mailing:
    """The mailing as it is now, locked until the transaction ends. Raises NotFound."""
    rows = Mailing.objects.select_for_update(of=("self",)).select_related("survey")
    found = rows.filter(pk=mailing.pk).first()
    if found is None:
        raise NotFound("mailing.unknown", _("This mailing is gone."))
    return found


def _turned(person: Person | None, mailing: Mailing, before: str, after: str, code: str, reason: str) -> Mailing:
    require(person, "send", "surveys")
    with transaction.atomic():
        row = locked(mailing)
        if row.state == after:
            return row
        require_state(row, before)
        row.state, row.reason = after, reason[:500]
        row.save(update_fields=["state", "reason"])
        _note(person, code, row)
    return row


def require_state(row: Mailing, state: str) -> None:
    """Refuse where the mailing is in another state."""
    if row.state != state:
        message = _("“%(mailing)s” is not in a state for this; it is: %(state)s.")
        raise Refused("mailing.state", message % {"mailing": row.title, "state": row.get_state_display()})


def _note(person: Person | None, code: str, row: Mailing) -> None:
    record_history(
        person, code, f"survey:{row.survey.name}", {"survey": row.survey.title, "mailing": row.title, "id": row.pk}
    )


def _title(text: str) -> str:
    text = " ".join(text.split())
    if not 1 <= len(text) <= 200 or "\x00" in text:
        raise Refused("mailing.title", _("Give the mailing a title of 1 to 200 characters."), "title")
    return text


def _wave(number: int) -> int:
    if not 1 <= number <= 10_000:
        raise Refused("mailing.wave", _("“%s” is no wave: give a number from 1 to 10,000.") % number, "wave")
    return number
