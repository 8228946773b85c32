"""What themes say, as a department manager would say it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.models import Theme, ThemeSearch
from headwater.insight.themes import Themes, grows, growth
from headwater.insight.themes_finding import EARLIER_DAYS, NOW_DAYS
from headwater.science.results import Estimate


def themes_sentence(found: Themes, typical: str = "") -> str:
    """The page's first sentence: how many groups no cause fits, and which is the first of them, in its ``typical``
    words where the reader may see them."""
    if found.search is None:
        return _("Nobody has looked for themes yet.")
    if not found.new:
        return _("The causes of the journey fit what customers say: no group of comments stands outside them.")
    first = found.new[0]
    groups = ngettext(
        "%d group of comments fits no cause of the journey.",
        "%d groups of comments fit no cause of the journey.",
        len(found.new),
    )
    words = {"name": first.name, "n": measure(first.size, "count"), "growth": growth_words(first), "typical": typical}
    told = _("The first is about “%(name)s”: %(n)s comments, %(growth)s.")
    if typical:
        told = _("The first says “%(typical)s”: %(n)s comments, %(growth)s.")
    return groups % len(found.new) + " " + told % words


def growth_words(row: Theme) -> str:
    """How a theme's share of comments moved, with its interval."""
    found = growth(row)
    if not isinstance(found, Estimate):
        return _("too few to say whether it grows")
    values = {"ratio": measure(found.estimate, "ratio"), "range": interval(found.low, found.high, "ratio")}
    if grows(row):
        return _("growing: %(ratio)s times (%(range)s) as frequent as before") % values
    if found.high < 1:
        return _("fading: %(ratio)s times (%(range)s) as frequent as before") % values
    return _("about as frequent as before: %(ratio)s times (%(range)s)") % values


def themes_note(search: ThemeSearch | None) -> str:
    """What was looked at, and how to read the growth."""
    if search is None:
        return ""
    values = {
        "looked_at": measure(search.looked_at, "count"),
        "unfit": measure(search.unfit, "count"),
        "now": NOW_DAYS,
        "earlier": EARLIER_DAYS,
    }
    return (
        _(
            "%(looked_at)s comments of the last half year were read; %(unfit)s of them come as near to no cause as its "
            "own example phrases come to each other. Growth is the share of comments in the last %(now)d days against "
            "the %(earlier)d days before, with its 95 %% interval; names are the groups’ own typical words."
        )
        % values
    )
