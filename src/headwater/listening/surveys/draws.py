"""Who of an audience is invited: drawn in the order that the plan's seed decides, page by page, each page at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils import timezone

from headwater.base.company import company
from headwater.listening.models import Addressee, Invitation, Mailing
from headwater.listening.surveys import audience, contacts, queries
from headwater.listening.surveys.contact_rules import Allowed, Denied
from headwater.listening.surveys.invitations import count_left_out, invited
from headwater.listening.surveys.mailing_rules import MOST_A_MAILING, Plan, next_open, zone_of
from headwater.listening.surveys.sampling import divided

if TYPE_CHECKING:
    from datetime import datetime

    from headwater.base.queue import JobContext
    from headwater.listening.surveys.document import Document
    from headwater.record.questions import Member

PREVIEWED: Final = 5_000
"""Customers that a preview sorts out before it says what it found."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page of candidates sorted out: whom to invite, why the others are left out, and how far the draw has come."""

    invitations: list[Invitation]
    left_out: Counter[str]
    to: str


def sort_out(
    mailing: Mailing,
    plan: Plan,
    document: Document,
    page: Sequence[Member],
    room: Mapping[str, int] | None,
    now: datetime,
) -> Drawn:
    """Decide of each candidate in the order of the draw, until there is no ``room`` (by stratum; None: for all).

    The limits are asked as of ``now``; when the invitation is sent they are asked again, in the customer's turn.
    """
    ids = [one.customer_id for one in page]
    start = max(now, plan.starts_at or now)
    reached = audience.addressees_of(ids)
    answers = contacts.decide(ids, mailing.survey, mailing.channel, start)
    taken = _taken_addresses(mailing, reached.values())
    already = set(mailing.invitations.filter(customer_id__in=ids).values_list("customer_id", flat=True))
    zone = ours.time_zone if (ours := company()) else "UTC"
    left, found, reasons, to = dict(room) if room is not None else None, [], Counter[str](), ""
    for one in page:
        if left is not None and not any(left.values()):
            break
        to = one.draw
        stratum = one.attributes.get(plan.segment, "") if plan.segment else ""
        key = stratum if left is not None and stratum in left else ""
        addressee, answer = reached.get(one.customer_id), answers[one.customer_id]
        if one.customer_id in already or (left is not None and not left.get(key)):
            continue
        reason = _reason(addressee, answer, taken)
        if reason or addressee is None:
            reasons[reason or "no_address"] += 1
            continue
        taken.add(addressee.email.casefold())
        if left is not None:
            left[key] -= 1
        due = next_open(plan.window, start, zone_of(addressee.time_zone, zone))
        found.append(
            invited(
                mailing.survey, document, one.customer_id, mailing=mailing, due_at=due, stratum=stratum[:200],
                language=addressee.language, attributes=dict(one.attributes),
            )
        )  # fmt: skip
    return Drawn(found, reasons, to)


def _reason(addressee: Addressee | None, answer: Allowed | Denied, taken: set[str]) -> str:
    if addressee is None:
        return "no_address"
    if isinstance(answer, Denied):
        return answer.reason
    return "same_address" if addressee.email.casefold() in taken else ""


def _taken_addresses(mailing: Mailing, addressees: Iterable[Addressee]) -> set[str]:
    """Of these addresses, those that another customer of the mailing has: one person gets one mail."""
    emails = {one.email for one in addressees}
    mine = mailing.invitations.values("customer_id")
    rows = Addressee.objects.filter(email__in=emails, customer_id__in=mine).values_list("email", flat=True)
    return {one.casefold() for one in rows}


@dataclass(frozen=True, slots=True)
class Preview:
    """What starting now would do: whom it would invite, and how many are left out, by reason.

    ``looked`` is false for the rest of an audience that is too large to go through while somebody waits.
    """

    size: audience.Size
    wanted: int | None
    invited: int
    left_out: Mapping[str, int]
    by_stratum: Mapping[str, int]
    first: datetime | None
    last: datetime | None
    complete: bool


def preview(mailing: Mailing, plan: Plan) -> Preview:
    """Sort the audience out without inviting anybody. The permission is the caller's to check."""
    _version, document = queries.latest(mailing.survey)
    size = audience.size_of(plan.audience, plan.segment)
    room = targets(plan, size)
    wanted = sum(room.values()) if room is not None else None
    now, seen = timezone.now(), 0
    found: list[Invitation] = []
    left_out: Counter[str] = Counter()
    complete = True
    for page in audience.pages(plan):
        drawn = sort_out(mailing, plan, document, page, room, now)
        room = _less(room, drawn.invitations)
        found += drawn.invitations
        left_out.update(drawn.left_out)
        seen += len(page)
        if room is not None and not any(room.values()):
            break
        if seen >= PREVIEWED:
            complete = size.customers <= seen
            break
    due = [one.due_at for one in found if one.due_at is not None]
    strata = dict(Counter(one.stratum for one in found)) if plan.segment else {}
    return Preview(
        size, wanted, len(found), dict(left_out), strata, min(due, default=None), max(due, default=None), complete
    )


def targets(plan: Plan, size: audience.Size) -> dict[str, int] | None:
    """How many are invited, by stratum ("" without strata); None for everybody."""
    wanted = plan.sample.size
    if plan.sample.kind == "everyone" or wanted is None:
        return None
    if plan.sample.kind == "random" or not size.levels:
        return {"": wanted}
    return divided(wanted, size.levels, plan.sample.allocation)


def _less(room: Mapping[str, int] | None, found: Iterable[Invitation]) -> dict[str, int] | None:
    if room is None:
        return None
    left = dict(room)
    for one in found:
        left[one.stratum if one.stratum in left else ""] -= 1
    return left


def draw(context: JobContext | None, mailing_id: int) -> None:
    """Invite who was drawn. Each page of the draw is one transaction that says how far it came: killed, it goes on."""
    mailing = Mailing.objects.select_related("survey").filter(pk=mailing_id).first()
    if mailing is None or mailing.state != Mailing.State.RUNNING or mailing.planned_at is not None:
        return
    plan = Plan.model_validate(mailing.plan)
    _version, document = queries.published(mailing.survey)
    room = _room(mailing, plan)
    for page in audience.pages(plan, mailing.planned_to):
        if not _draw_page(mailing, plan, document, page, room):
            return
        room = _less_drawn(mailing, plan)
        done = mailing.invitations.count()
        if context is not None:
            context.progress(done, done + sum((room or {"": 0}).values()))
        if (room is not None and not any(room.values())) or done >= MOST_A_MAILING:
            break
    with transaction.atomic():
        Mailing.objects.filter(pk=mailing.pk, planned_at=None).update(planned_at=timezone.now())


def _room(mailing: Mailing, plan: Plan) -> dict[str, int] | None:
    """How many are still to be invited, by stratum; how many were wanted is decided once and kept."""
    if "targets" not in mailing.counts:
        wanted = targets(plan, audience.size_of(plan.audience, plan.segment))
        with transaction.atomic():
            row = Mailing.objects.select_for_update().get(pk=mailing.pk)
            row.counts = {**row.counts, "targets": wanted}
            row.save(update_fields=["counts"])
        mailing.counts = row.counts
    return _less_drawn(mailing, plan)


def _less_drawn(mailing: Mailing, plan: Plan) -> dict[str, int] | None:
    wanted = mailing.counts.get("targets")
    if wanted is None:
        return None
    if plan.sample.kind != "stratified":
        return {"": wanted[""] - mailing.invitations.count()}
    drawn = Counter(mailing.invitations.values_list("stratum", flat=True))
    return {name: max(0, n - drawn.get(name, 0)) for name, n in wanted.items()}


def _draw_page(
    mailing: Mailing, plan: Plan, document: Document, page: Sequence[Member], room: Mapping[str, int] | None
) -> bool:
    """Invite those of a page; False when the mailing no longer runs."""
    with transaction.atomic():
        row = Mailing.objects.select_for_update(of=("self",)).select_related("survey").filter(pk=mailing.pk).first()
        if row is None or row.state != Mailing.State.RUNNING:
            return False
        drawn = sort_out(row, plan, document, page, room, timezone.now())
        Invitation.objects.bulk_create(drawn.invitations, ignore_conflicts=True, batch_size=500)
        Mailing.objects.filter(pk=row.pk).update(planned_to=drawn.to or page[-1].draw)
        if drawn.left_out:
            count_left_out(row, drawn.left_out)
    return True
