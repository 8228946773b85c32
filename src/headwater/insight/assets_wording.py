"""What became of customers, in words."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.assets import KEYS, CustomerAssets, Every, Ledger, customer_assets
from headwater.insight.finance_wording import money_range, unsigned_note
from headwater.record.questions import MOVEMENTS, Movement
from headwater.science import difference
from headwater.science.results import Estimate, NoVerdict


def movement_name(movement: Movement) -> str:
    """What a movement is called."""
    return {
        "gained": _("Gained"),
        "won_back": _("Won back"),
        "lost": _("Lost"),
        "growing": _("Growing"),
        "shrinking": _("Shrinking"),
        "steady": _("Steady"),
    }[movement]


def period_name(ledger: Ledger, every: Every) -> str:
    """What a period is called: ``October 2026``, ``third quarter of 2026``."""
    if every == "month":
        return formats.date_format(ledger.start, "F Y")
    quarter = (ledger.start.month + 2) // 3
    names = {1: _("first"), 2: _("second"), 3: _("third"), 4: _("fourth")}
    return _("the %(quarter)s quarter of %(year)s") % {"quarter": names[quarter], "year": ledger.start.year}


def assets_sentence(found: CustomerAssets) -> str:
    """The page's first sentence: whole numbers first, then the trend."""
    now = found.current
    lost, came = now.n("lost"), now.n("gained", "won_back")
    first = ngettext(
        "%(lost)s customer lost in %(period)s, %(came)s gained or won back",
        "%(lost)s customers lost in %(period)s, %(came)s gained or won back",
        lost,
    ) % {"lost": measure(lost, "count"), "came": measure(came, "count"), "period": period_name(now, found.every)}
    return f"{first}: {_balance(now)}.{_trend(found)}"


def _balance(now: Ledger) -> str:
    difference = now.closing - now.opening
    values = {"n": measure(abs(difference), "count"), "closing": measure(now.closing, "count")}
    if difference > 0:
        return _("%(n)s more than before, %(closing)s in all") % values
    if difference < 0:
        return _("%(n)s fewer than before, %(closing)s in all") % values
    return _("as many as before, %(closing)s in all") % values


def _trend(found: CustomerAssets) -> str:
    """Whether a larger or smaller share was lost than in the period before, as far as chance allows to say."""
    before = found.before
    if before is None:
        return ""
    now, then = found.current.share_lost, before.share_lost
    if not isinstance(now, Estimate) or not isinstance(then, Estimate):
        return ""
    change = difference(now, then)
    values = {"then": measure(before.n("lost"), "count")}
    if change.low > 0:
        return " " + _("A larger share than in the period before, when it was %(then)s.") % values
    if change.high < 0:
        return " " + _("A smaller share than in the period before, when it was %(then)s.") % values
    return " " + _("In the period before it was %(then)s; the share may be the same.") % values


def assets_note(found: CustomerAssets, *, money: bool) -> str:
    """What stands behind the sentence: definitions, share with interval, and (``money``) what was lost with them."""
    lost, share = found.current.movements["lost"], found.current.share_lost
    words = [_definitions(found)]
    if isinstance(share, Estimate):
        said = _("%(share)s (%(range)s) of the customers at the beginning were lost.")
        words.append(
            said % {"share": measure(share.estimate, "share"), "range": interval(share.low, share.high, "share")}
        )
    if money and isinstance(lost.before, Estimate) and lost.n:
        said = _("They had bought for %(range)s in the %(days)s days before.")
        ends = money_range(lost.before.low, lost.before.high, found.finance.currency)
        words.append(said % {"range": ends, "days": found.custom.lost_days})
    words.append(unsigned_note(found.finance, *KEYS))
    return " ".join(word for word in words if word)


def _definitions(found: CustomerAssets) -> str:
    events = _(" or ").join(f"“{one.replace('_', ' ')}”" for one in found.custom.active)
    values = {"events": events, "days": found.custom.lost_days}
    if not found.custom.leaving:
        return _("A customer is who had %(events)s within %(days)s days.") % values
    values["leaving"] = _(" or ").join(f"“{one.replace('_', ' ')}”" for one in found.custom.leaving)
    return _("A customer is who had %(events)s within %(days)s days and no %(leaving)s since.") % values


def reason_name(name: str) -> str:
    """What a reason is called where nothing is known of it."""
    return name or _("Nothing went wrong that the record knows of")


def assets_address(every: Every, end: date, by: str) -> str:
    """Where a period is shown in full."""
    query = {"every": every, "end": end.isoformat(), **({"by": by} if by else {})}
    return f"{reverse('assets')}?{urlencode(query)}"


@dataclass(frozen=True, slots=True)
class AssetsStrip:
    """The first strip of the Forest: whole numbers of the last period; each a movement, its name and its customers."""

    sentence: str
    address: str
    closing: int
    rows: tuple[tuple[Movement, str, int], ...]
    unsigned: bool


def assets_strip() -> AssetsStrip | None:
    """What the Forest says first; None while nobody has said who is a customer, or too little is known."""
    found = customer_assets(reasons=False)
    if isinstance(found, NoVerdict):
        return None
    now = found.current
    rows = tuple((one, movement_name(one), now.n(one)) for one in MOVEMENTS if one != "steady")
    address = assets_address(found.every, now.end, "")
    return AssetsStrip(assets_sentence(found), address, now.closing, rows, bool(found.finance.unsigned_of(*KEYS)))
