"""What the river says, as a department manager would say it."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.demand_kinds import Kind
from headwater.insight.demand_wording import correction
from headwater.insight.river import Evidence, River, Symptom, Width
from headwater.insight.selection import Selection
from headwater.science.results import Estimate


def symptom_names() -> Mapping[Symptom, str]:
    """What customers did."""
    return {"contact": _("Got in touch"), "low_score": _("Gave a low score"), "left": _("Left us")}


def width_names() -> Mapping[Width, str]:
    """What the width of the river can be."""
    return {
        "acts": _("Contacts, scores, departures"),
        "customers": _("Customers"),
        "money": _("Money"),
    }


def kind_beginnings() -> Mapping[Kind, tuple[str, str]]:
    """What is not a failure upstream: its name, and what stands where a cause has its departments."""
    return {
        "service": (_("Service’s own failures"), _("Began in service")),
        "value": (_("Value demand: wanted"), _("Began in no failure")),
        "unknown": (_("Cause not known"), _("Not known")),
        "failure": (_("Failure upstream"), ""),
    }


def river_sentence(found: River, selection: Selection) -> str:
    """The sentence above the river: how much of what the contact centre took in began outside it."""
    if found.evidence == "happened":
        return _happened_sentence(found)
    failure = found.contacts.kind("failure").share
    if not found.contacts.contacts or not isinstance(failure, Estimate):
        if not found.volume:
            return _("No customer got in touch, gave a low score or left in this selection.")
        return _without_contacts(found)
    places = len(found.contacts.beginnings)
    if not places:
        return _("None of the %(n)s contacts is known to have begun in a failure upstream.") % {
            "n": measure(found.contacts.contacts, "count")
        }
    calls = selection.where.strip() in ("channel = 'phone'", "channel='phone'")
    values = {
        "share": measure(failure.estimate, "share"),
        "range": interval(failure.low, failure.high, "share"),
        "what": _("calls") if calls else _("contacts"),
        "when": _when(selection),
        "places": places,
    }
    return (
        ngettext(
            "%(share)s (%(range)s) of the %(what)s that customer service took%(when)s began in one place outside it.",
            "%(share)s (%(range)s) of the %(what)s that customer service took%(when)s began in %(places)s places "
            "outside it.",
            places,
        )
        % values
    )


def _without_contacts(found: River) -> str:
    """The sentence where nobody got in touch: low scores and departures, and what most of them name."""
    first = _("No customer got in touch in this selection; %(n)s low scores and departures are traced below.") % {
        "n": measure(found.volume, "count")
    }
    return " ".join([first, *_largest(found, _("Named most is “%(cause)s”: %(share)s (%(range)s)."))])


def _happened_sentence(found: River) -> str:
    upstream = [one.share for one in found.streams if one.kind == "failure" and isinstance(one.share, Estimate)]
    if not upstream:
        return _("No event in the record shows a cause of what customers did.")
    values = {
        "share": measure(sum(one.estimate for one in upstream), "share"),
        "n": measure(found.volume, "count"),
    }
    first = _("%(share)s of the %(n)s contacts and low scores followed from something that had happened.") % values
    return " ".join([first, *_largest(found, _("“%(cause)s” alone is behind %(share)s (%(range)s)."))])


def _largest(found: River, said: str) -> list[str]:
    """The largest failure upstream, in these words; nothing where there is none."""
    top = next((one for one in found.streams if one.cause is not None), None)
    if top is None or top.cause is None or not isinstance(top.share, Estimate):
        return []
    share = top.share
    values = {"share": measure(share.estimate, "share"), "range": interval(share.low, share.high, "share")}
    return [said % {"cause": top.cause.name, **values}]


def evidence_names() -> Mapping[Evidence, str]:
    """The two kinds of evidence."""
    return {"said": _("What they said"), "happened": _("What had happened")}


def river_note(found: River) -> str:
    """What stands behind the sentence and the widths."""
    if found.evidence == "happened":
        return _(
            "From events, also where nobody says so, beyond what would have come anyhow in the same month; said and "
            "happened are never added. 95 % intervals by customer."
        )
    parts = []
    unknown = found.contacts.kind("unknown").share
    if isinstance(unknown, Estimate):
        said = _(
            "95 %% interval by customer, of %(n)s contacts; of %(share)s the cause is not known. A place is a group of "
            "departments that can change a cause together, with at least 5 %% of the failure demand."
        )
        values = {"n": measure(found.contacts.contacts, "count"), "share": measure(unknown.estimate, "share")}
        parts.append(said % values)
    return " ".join([*parts, *correction(found.contacts)])


def departure_note(found: River) -> str:
    """Who counts as having left; empty where nobody did."""
    if not found.of(symptom="left"):
        return ""
    if found.lost is None:
        return _("Left us: whoever has a last day in the customers’ table; finance has signed no other definition.")
    custom = found.lost.custom
    said = _("Left us: lost as finance signed it, %(days)d days without a sign of being active (%(events)s)") % {
        "days": custom.lost_days,
        "events": ", ".join(custom.active),
    }
    more = _(", or %s") % ", ".join(custom.leaving) if custom.leaving else ""
    return f"{said}{more}."


def fewer_note(found: River) -> str:
    """Causes that the picture cannot show, because fewer acts followed them than came otherwise."""
    if not found.fewer:
        return ""
    names = {"contact": _("contacts"), "low_score": _("low scores"), "left": _("departures")}
    said = [
        _("“%(cause)s” %(n)s %(what)s (%(range)s)")
        % {
            "cause": one.cause.name,
            "n": measure(one.excess.estimate, "count"),
            "what": names[one.symptom],
            "range": interval(one.excess.low, one.excess.high, "count"),
        }
        for one in found.fewer
    ]
    first = _("Not drawn, because fewer came after them than otherwise, by chance or for a reason not known: %s.")
    return first % "; ".join(said)


def width_note(found: River) -> str:
    """What the width of the picture is, and its whole."""
    if found.width == "customers":
        return _(
            "The width is customers: %(n)s of them, each counted once and shared equally by what they did and by the "
            "causes they named."
        ) % {"n": measure(found.volume, "count")}
    if found.evidence == "happened":
        return _(
            "The width is what customers did: %(n)s contacts and low scores, each counted once. A cause stands at its "
            "own stage of the journey."
        ) % {"n": measure(found.volume, "count")}
    if found.width == "acts":
        return _(
            "The width is what customers did: %(n)s contacts, low scores and departures, each counted once; one that "
            "names two causes is shared equally."
        ) % {"n": measure(found.volume, "count")}
    if not isinstance(found.total, Estimate):
        return found.total.message
    values = {
        "sum": money(found.total.estimate, found.currency),
        "low": money(found.total.low, found.currency),
        "high": money(found.total.high, found.currency),
    }
    return _("The width is money: %(sum)s (%(low)s to %(high)s).") % values + " " + "; ".join(found.assumptions) + "."


def money(value: float, currency: str) -> str:
    """A sum of money with its currency, in whole units."""
    return f"{measure(value, 'count')}\N{NO-BREAK SPACE}{currency}"


def _when(selection: Selection) -> str:
    """The month, where the selection is one: `` in May 2026``."""
    since, until = selection.since, selection.until
    if since is None or until is None or since.day != 1:
        return ""
    if until != date(since.year, since.month, monthrange(since.year, since.month)[1]):
        return ""
    return " " + _("in %s") % formats.date_format(since, "F Y")
