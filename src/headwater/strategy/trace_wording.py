"""What a trace says, as a department manager would say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from headwater.base.figures import interval, measure
from headwater.insight.wording import listed, lower_first

if TYPE_CHECKING:
    from headwater.strategy.tracing import Cost, Share, Trace


def trace_sentence(trace: Trace) -> str:
    """The answer in one or two sentences, with the interval of its first figure."""
    if trace.basis == "nothing":
        return _("The record knows of no contact and no complaint about this yet.")
    top = trace.top
    if trace.upstream.value is None or top is None:
        words = _("It is about %(n)s contacts, and no cause upstream is known behind them yet.")
        if trace.basis == "complaints":
            words = _("It is about %(n)s complaints, and no cause upstream is known behind them yet.")
        return words % {"n": measure(trace.total, "count")}
    values = {
        "share": measure(trace.upstream.value, "share"),
        "range": interval(trace.upstream.low, trace.upstream.high, "share"),
        "n": measure(trace.total, "count"),
        "cause": lower_first(top.name),
        "cause_share": measure(top.share.value, "share"),
        "owners": owners(top.departments),
    }
    if trace.basis == "contacts":
        words = _(
            "%(share)s (%(range)s) of these %(n)s contacts began upstream of customer service; "
            "“%(cause)s” alone is behind %(cause_share)s, and %(owners)s can change it."
        )
    else:
        words = _(
            "%(share)s (%(range)s) of what customers complained of here began upstream of customer service; "
            "“%(cause)s” alone is behind %(cause_share)s of %(n)s complaints, and %(owners)s can change it."
        )
    return words % values


def owners(departments: tuple[str, ...]) -> str:
    """Who can change a cause: several do so together."""
    if not departments:
        return _("nobody yet named")
    if len(departments) == 1:
        return departments[0]
    return _("%s together") % listed(departments)


def cost_sentence(cost: Cost) -> str:
    """What the contacts that began upstream cost, with its interval where the cost of one has one."""
    values = {
        "total": measure(round(cost.total), "count"),
        "range": interval(round(cost.low), round(cost.high), "count") if cost.low and cost.high else "",
        "unit": cost.unit,
        "one": measure(cost.per_contact, ""),
    }
    if values["range"]:
        return _("%(total)s %(unit)s (%(range)s), at %(one)s for one contact.") % values
    return _("%(total)s %(unit)s, at %(one)s for one contact.") % values


def share_words(share: Share) -> str:
    """``31 % (27 to 35)``, or that there is no verdict."""
    if share.value is None:
        return _("no verdict")
    return f"{measure(share.value, 'share')} ({interval(share.low, share.high, 'share')})"
