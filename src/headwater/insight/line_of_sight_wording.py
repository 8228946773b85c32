"""What a department's line of sight says, as its manager would say it."""

from datetime import date

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.line_of_sight import Change, Doing, LineOfSight, Sighted
from headwater.insight.wording import listed
from headwater.science.results import Estimate, Result


def sight_sentence(found: LineOfSight) -> str:
    """The page's first sentence."""
    name = found.department.name
    if not found.doings and not found.causes:
        return _("Nobody has said yet how the work of %(department)s reaches the customer.") % {"department": name}
    worst = worst_of(found.doings)
    if worst is not None and worst.figures and isinstance(worst.figures.goes_wrong, Estimate):
        message = ngettext(
            "%(department)s reaches customers at %(n)s moment; “%(moment)s” goes wrong most often, for %(share)s.",
            "%(department)s reaches customers at %(n)s moments; “%(moment)s” goes wrong most often, for %(share)s.",
            len(found.doings),
        )
        return message % {
            "department": name,
            "n": measure(len(found.doings), "count"),
            "moment": worst.moment.name,
            "share": measure(worst.figures.goes_wrong.estimate, "share"),
        }
    if found.causes:
        top = found.causes[0]
        return _("%(share)s of what customers complain about names “%(cause)s”, which %(department)s can change.") % {
            "share": measure(top.share.estimate, "share") if isinstance(top.share, Estimate) else "",
            "cause": top.cause.name,
            "department": name,
        }
    return _("%(department)s reaches customers at %(moments)s; no figure shows yet how that goes.") % {
        "department": name,
        "moments": listed([f"“{doing.moment.name}”" for doing in found.doings[:3]]),
    }


def worst_of(doings: tuple[Doing, ...]) -> Doing | None:
    """The moment that goes wrong most often, of those with a figure."""
    known = [one for one in doings if one.figures and isinstance(one.figures.goes_wrong, Estimate)]
    return max(known, key=lambda one: _estimate(one.figures.goes_wrong) if one.figures else 0.0, default=None)


def sight_note(found: LineOfSight) -> str:
    """What changed since last month, in a line."""
    if found.month is None:
        return ""
    month = month_name(found.month)
    if not found.changes:
        return _("%(month)s: too little was said to compare it with the month before.") % {"month": month}
    if not found.found:
        return _("Nothing changed in %(month)s beyond what chance alone brings.") % {"month": month}
    return _("In %(month)s: %(changes)s.") % {
        "month": month,
        "changes": listed([change_phrase(change) for change in found.found[:3]]),
    }


def month_name(month: date) -> str:
    """A month with its year, in the reader's language."""
    return str(formats.date_format(month, "YEAR_MONTH_FORMAT"))


def change_phrase(change: Change) -> str:
    """One change in a few words, with both shares."""
    values = {"name": change.name, "now": _share(change.now), "before": _share(change.before)}
    if change.kind == "cause":
        words = _("complaints about “%(name)s” went from %(before)s to %(now)s")
    elif change.kind == "moment":
        words = _("promises broken at “%(name)s” went from %(before)s to %(now)s")
    else:
        words = _("negative signals at “%(name)s” went from %(before)s to %(now)s")
    return words % values


def change_range(change: Change) -> str:
    """The difference with its interval, in percentage points."""
    gap = change.comparison.difference
    if not isinstance(gap, Estimate):
        return ""
    points = measure(round(100 * gap.estimate, 1), "")
    sign = "+" if gap.estimate > 0 else ""
    between = interval(round(100 * gap.low, 1), round(100 * gap.high, 1), "")
    return _("%(points)s points (%(range)s)") % {"points": f"{sign}{points}", "range": between}


def all_sentence(rows: tuple[Sighted, ...]) -> str:
    """What the list of all departments says first."""
    blind = [row for row in rows if not row.moments and not row.causes]
    if not rows:
        return _("There are no departments yet.")
    if not blind:
        return _("Every department can see how its work reaches the customer.")
    message = ngettext(
        "%(n)s of %(all)s departments cannot see how its work reaches the customer.",
        "%(n)s of %(all)s departments cannot see how their work reaches the customer.",
        len(blind),
    )
    return message % {"n": measure(len(blind), "count"), "all": measure(len(rows), "count")}


def _share(result: Result) -> str:
    return measure(result.estimate, "share") if isinstance(result, Estimate) else _("no verdict")


def _estimate(result: Result) -> float:
    return result.estimate if isinstance(result, Estimate) else 0.0
