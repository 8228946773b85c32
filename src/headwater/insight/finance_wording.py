"""Money, and finance's figures, in words."""

import math

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import MINUS, digits, measure
from headwater.insight.finance import Entry, FinanceFigures
from headwater.insight.finance_rules import NAMES, Amount, Definition, Key
from headwater.science.results import Estimate, Result

DIGITS = 3
SMALL = 100


def money(value: float, currency: str) -> str:
    """An amount with its currency, as exact as it is worth: three digits, whole units from a hundred on."""
    return f"{currency}\N{NO-BREAK SPACE}{_digits(value)}"


def money_range(low: float, high: float, currency: str) -> str:
    """The interval of an amount in words, without repeating the currency."""
    return _("%(low)s to %(high)s") % {"low": money(low, currency), "high": _digits(high)}


def money_of(result: Result, currency: str) -> str:
    """An amount with its interval, or why there is none."""
    if not isinstance(result, Estimate):
        return result.message
    return _("%(value)s (%(range)s)") % {
        "value": money(result.estimate, currency),
        "range": money_range(result.low, result.high, currency),
    }


def _digits(value: float) -> str:
    size = abs(value)
    if size >= SMALL:
        place = DIGITS - 1 - math.floor(math.log10(size))
        text = number_format(round(size, min(place, 0)), 0, force_grouping=True)
    else:
        text = number_format(size, 0 if size == round(size) else 2)
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def name_of(key: Key, channel: str = "") -> str:
    """What a figure is called, with its channel where it has one."""
    return _("%(name)s: %(channel)s") % {"name": NAMES[key], "channel": channel} if channel else str(NAMES[key])


def content_words(entry: Entry, currency: str) -> str:
    """What an entry says, with its ends."""
    content = entry.content
    if isinstance(content, Definition):
        return _definition_words(entry.key, content)
    whole, low, high = _amount_words(entry.key, content, currency)
    return _("%(whole)s, between %(low)s and %(high)s") % {"whole": whole, "low": low, "high": high}


def _amount_words(key: Key, content: Amount, currency: str) -> tuple[str, str, str]:
    """The figure with what it is of, and its two ends as bare numbers."""
    if key == "discount":
        whole = _("%(value)s a year") % {"value": measure(content.value, "share")}
        return whole, digits(content.low, "share"), digits(content.high, "share")
    if key == "horizon":
        return _("%(value)s years") % {"value": digits(content.value)}, digits(content.low), digits(content.high)
    of = {
        "customer_year": _("%(value)s a customer and year"),
        "order": _("%(value)s an order"),
        "": _("%(value)s a contact"),
    }[content.basis]
    return of % {"value": money(content.value, currency)}, _digits(content.low), _digits(content.high)


def _definition_words(key: Key, content: Definition) -> str:
    events = _(" or ").join(f"“{one.replace('_', ' ')}”" for one in content.events)
    if key == "referral":
        return _("had the event %(events)s") % {"events": events}
    values = {"days": measure(content.days, "count"), "events": events}
    if key == "active":
        return _("had %(events)s within %(days)s days") % values
    if not events:
        return _("showed no sign of being active for %(days)s days") % values
    return _("showed no sign of being active for %(days)s days, or had %(events)s") % values


def finance_sentence(found: FinanceFigures) -> str:
    """The page's first sentence: what finance has entered, and how much of it is signed."""
    entered, missing = len(found.entries), len(found.missing)
    if not entered:
        return _("Finance has not entered its figures yet, so nothing here is told in money.")
    signed = entered - len(found.unsigned)
    first = ngettext(
        "%(signed)s of %(n)s figure that stands behind every amount of money here is signed by finance",
        "%(signed)s of %(n)s figures that stand behind every amount of money here are signed by finance",
        entered,
    ) % {"signed": signed, "n": entered}
    if not missing:
        return f"{first}."
    return _("%(first)s; %(missing)s still missing: %(names)s.") % {
        "first": first,
        "missing": missing,
        "names": ", ".join(str(NAMES[key]).lower() for key in found.missing),
    }


def unsigned_note(found: FinanceFigures, *keys: Key) -> str:
    """What a page that uses these figures says about signatures; empty where all are signed."""
    names = found.unsigned_of(*keys)
    if not names:
        return ""
    return _("Not signed by finance yet: %s.") % ", ".join(name.lower() for name in names)
