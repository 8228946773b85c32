"""What mailings, limits and addresses say, as the person who sends would say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import headwater.science as hs
from headwater.base.figures import interval, measure
from headwater.listening.models import ContactLimits, Invitation, Mailing
from headwater.metrics.definitions import METRICS
from headwater.science.results import Estimate, NoVerdict

if TYPE_CHECKING:
    from headwater.listening.surveys.addressees import Counts
    from headwater.listening.surveys.audience import Size
    from headwater.listening.surveys.draws import Preview
    from headwater.listening.surveys.mailings import Progress
    from headwater.listening.surveys.sampling import Suggested

State = Mailing.State


def count(number: float) -> str:
    """A whole number in words of the reader's locale."""
    return measure(number, "count")


def reason_name(reason: str) -> str:
    """Why somebody was left out."""
    return {
        "no_address": _("No e-mail address"),
        "undeliverable": _("The address took no mail before"),
        "same_address": _("The same address as another customer asked"),
        "do_not_ask": _("Does not want to be asked"),
        "resting": _("Was asked too lately"),
        "quarter_full": _("Was asked as often as a quarter allows"),
        "quota_full": _("The segment had its answers"),
        "enough": _("Enough had answered"),
        "cancelled": _("The mailing was cancelled"),
        "answered": _("Had answered before the mail left"),
        "expired": _("The time to answer was over before the mail left"),
        "closed": _("The survey was closed"),
        "not_asked": _("Not asked"),
        "reminded_enough": _("Reminded often enough"),
        "too_soon": _("Too soon after another message"),
    }.get(reason, reason)


def left_out_rows(left_out: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons with how many, most first."""
    return [(reason_name(one), n) for one, n in sorted(left_out.items(), key=lambda pair: (-pair[1], pair[0]))]


def state_rows(progress: Progress) -> list[tuple[str, int]]:
    """Invitations by state, in the order in which they pass through them."""
    names = dict(Invitation.State.choices)
    return [(str(names[one]), progress.states[one]) for one in Invitation.State.values if progress.states.get(one)]


def send_sentence(found: Sequence[tuple[Mailing, Progress]]) -> str:
    """The sentence of the page on which a survey is sent."""
    sent, answered = sum(one.sent for _m, one in found), sum(one.answered for _m, one in found)
    if not found:
        return _("Nobody has been asked by this survey yet.")
    if not sent:
        return _("A mailing is prepared; nobody has been asked yet.")
    return _answers(sent, answered)


def _answers(sent: int, answered: int) -> str:
    rate = hs.proportion(answered, sent)
    said = ngettext("%(answered)s of %(sent)s customer asked answered", "%(answered)s of %(sent)s customers asked "
                    "answered", sent) % {"answered": count(answered), "sent": count(sent)}  # fmt: skip
    if isinstance(rate, Estimate) and sent >= 10:
        values = {"share": measure(rate.estimate, "share"), "range": interval(rate.low, rate.high, "share")}
        return said + _(": %(share)s (%(range)s).") % values
    return said + "."


def mailing_sentence(mailing: Mailing, progress: Progress) -> str:
    """The sentence of one mailing."""
    if mailing.state == State.DRAFT:
        return _("This mailing is a draft: nobody is asked before you start it.")
    if mailing.trigger is not None and not progress.sent:
        return _("Whoever comes to the moment is asked; nobody did so far.")
    if progress.sent:
        return _answers(progress.sent, progress.answered)
    waiting = progress.states.get(Invitation.State.PLANNED, 0)
    if waiting:
        return ngettext("%s customer is to be asked.", "%s customers are to be asked.", waiting) % count(waiting)
    return _("Nobody could be asked.") if mailing.planned_at else _("It is being drawn who will be asked.")


def preview_sentence(found: Preview) -> str:
    """What starting now would do."""
    if not found.invited:
        return _("Starting it now would ask nobody.")
    asked = ngettext("Starting it now would ask %s customer", "Starting it now would ask %s customers", found.invited)
    said = asked % count(found.invited)
    if not found.complete:
        said = _("Of the first %(n)s customers drawn it would ask %(asked)s") % {
            "n": count(found.invited + sum(found.left_out.values())), "asked": count(found.invited)}  # fmt: skip
    left_out = sum(found.left_out.values())
    if left_out:
        said += ngettext(" and leave %s out", " and leave %s out", left_out) % count(left_out)
    if found.first is not None:
        local = timezone.localtime(found.first)
        said += _("; the first at %s") % date_format(local, "DATETIME_FORMAT")
    return said + "."


def size_sentence(size: Size) -> str:
    """How large an audience is."""
    values = {"n": count(size.customers), "reached": count(size.with_address)}
    if not size.exact:
        return _("%(n)s customers, about %(reached)s of them with an e-mail address.") % values
    return _("%(n)s customers, %(reached)s of them with an e-mail address.") % values


def default_width(metric: str) -> float:
    """A half width to begin with, in the metric's unit: about a twentieth of its range."""
    definition = METRICS[metric]
    span = float((definition.highest or 0) - (definition.lowest or 0))
    return {"nps": 5.0}.get(metric, round(span / 20, 2))


def suggested_sentence(found: Suggested | NoVerdict, metric: str) -> str:
    """How many to ask, with what it rests on."""
    if isinstance(found, NoVerdict):
        return found.message
    response = found.response
    rests = (
        _("%(share)s (%(range)s) answered until now")
        % {
            "share": measure(response.estimate, "share"),
            "range": interval(response.low, response.high, "share"),
        }
        if isinstance(response, Estimate)
        else _("nothing is known of who answers yet, so that %s is assumed") % measure(response, "share")
    )
    values = {
        "ask": count(found.ask), "answers": count(found.answers), "rests": rests,
        "population": count(found.population), "width": f"{found.half_width:.3g}", "metric": METRICS[metric].title,
    }  # fmt: skip
    if not found.attainable:
        return _(
            "Even asking all %(population)s gives ± %(width)s at best for %(metric)s (95 %%; %(rests)s)."
        ) % values  # fmt: skip
    return _(
        "Ask %(ask)s of %(population)s: %(answers)s answers give ± %(width)s for %(metric)s (95 %%; %(rests)s)."
    ) % values  # fmt: skip


def limits_sentence(limits: ContactLimits) -> str:
    """The limits in one sentence."""
    return _(
        "A customer rests %(rest)s days between surveys and is asked at most %(most)s times in thirteen weeks."
    ) % {"rest": limits.rest_days, "most": limits.most_a_quarter}  # fmt: skip


def addressees_sentence(counts: Counts) -> str:
    """How many can be reached."""
    if not counts.customers:
        return _("No customer can be reached yet: load a file of addresses.")
    said = ngettext(
        "%s customer can be reached by e-mail.", "%s customers can be reached by e-mail.", counts.with_email
    )
    return said % count(counts.with_email)
