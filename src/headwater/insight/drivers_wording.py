"""What the drivers say, as a department manager would say it."""

from django.utils.translation import gettext as _

from headwater.base.figures import interval, measure
from headwater.insight.drivers import Analysis
from headwater.insight.drivers_columns import CameBack, Taken
from headwater.insight.drivers_rows import DriverRow, Quadrant
from headwater.insight.drivers_segments import SegmentDrivers
from headwater.insight.value import WINDOW
from headwater.insight.wording import listed, lower_first
from headwater.science.asymmetry import Kind
from headwater.science.results import Estimate, NoVerdict

CLEAR = 0.02
"""A driver that explains less of the differences than this is not worth a sentence,"""
CLEAR_EFFECT = 0.05
"""unless the share who answer yes surely differs by this much with it and without."""


def quadrant_name(quadrant: Quadrant) -> str:
    """What a place in the picture is called."""
    return {
        "mend first": _("Mend first"),
        "keep up": _("Keep up"),
        "watch": _("Watch"),
        "leave": _("Leave as it is"),
        "unsure": _("Cannot tell"),
    }[quadrant]


def kind_name(kind: Kind | None) -> str:
    """What a driver's asymmetry says."""
    return {
        "must not fail": _("must not fail"),
        "may delight": _("may delight"),
        "both alike": _("both alike"),
        None: _("too few to tell"),
    }[kind]


def form_name(form: Taken) -> str:
    """How the outcome is taken."""
    return {
        "score": _("The score"),
        "low": _("A low score, yes or no"),
        "rank": _("The order of the answers"),
        "again": _("Yes or no"),
    }[form]


def outcome_unit(analysis: Analysis) -> str:
    """The unit of the outcome's mean."""
    return {"score": "rating", "low": "share", "rank": "ratio", "again": "share"}[analysis.form]


def drivers_sentence(analysis: Analysis | None) -> str:
    """The page's first sentence."""
    if analysis is None:
        return _("No question has been answered with a score yet, so nothing can drive one.")
    outcome = analysis.outcome.name
    if isinstance(analysis.outcome, CameBack) and analysis.refused is not None and analysis.refused.code == "seldom":
        return _(
            "Only %(again)s of %(customers)s customers ever bought again, so nothing is claimed about what makes "
            "customers stay or leave."
        ) % {
            "again": measure(analysis.outcome.again, "count"),
            "customers": measure(analysis.outcome.responses, "count"),
        }
    if analysis.refused is not None:
        return _("What drives “%(outcome)s” cannot be told.") % {"outcome": outcome}
    top = analysis.rows[0]
    if not isinstance(top.importance, Estimate) or (top.importance.estimate < CLEAR and not _is_clear(analysis, top)):
        return _("Nothing that is measured here goes together with “%(outcome)s” to speak of.") % {"outcome": outcome}
    return _of_rating(analysis, top) if top.candidate.kind in ("rating", "number") else _of_event(analysis, top)


def _is_clear(analysis: Analysis, row: DriverRow) -> bool:
    """Whether the answer to a yes or no surely differs where a rare thing happened: what few meet explains little of
    all differences, however much it does to them."""
    effect = row.effect
    if analysis.form not in ("low", "again") or row.candidate.rating or not isinstance(effect, Estimate):
        return False
    return abs(effect.estimate) >= CLEAR_EFFECT and (effect.low > 0 or effect.high < 0)


def _of_event(analysis: Analysis, top: DriverRow) -> str:
    """Which event hurts (or helps) most, by the outcome with it and without."""
    if not isinstance(top.worse, Estimate) or not isinstance(top.better, Estimate):
        return _of_rating(analysis, top)
    happened, spared = (top.better, top.worse) if top.good else (top.worse, top.better)
    unit = outcome_unit(analysis)
    values = {
        "outcome": _inside(analysis),
        "who": top.candidate.who,
        "theirs": measure(happened.estimate, unit),
        "their_range": interval(happened.low, happened.high, unit),
        "others": measure(spared.estimate, unit),
        "others_range": interval(spared.low, spared.high, unit),
    }
    told = {
        "score": _("%(who)s give %(theirs)s (%(their_range)s), others %(others)s (%(others_range)s)."),
        "low": _("of %(who)s %(theirs)s (%(their_range)s) give a low score, of others %(others)s (%(others_range)s)."),
        "rank": _(
            "%(who)s stand at %(theirs)s (%(their_range)s) in the order of all answers, 0 to 1, "
            "others at %(others)s (%(others_range)s)."
        ),
        "again": _("of %(who)s %(theirs)s (%(their_range)s) buy again, of others %(others)s (%(others_range)s)."),
    }[analysis.form]
    return f"{_first_words(analysis, top)} {told}" % values


def _first_words(analysis: Analysis, top: DriverRow) -> str:
    if analysis.form == "again":
        return _("What brings customers back most:") if top.good else _("What keeps customers from buying again most:")
    return _("What helps %(outcome)s most:") if top.good else _("What hurts %(outcome)s most:")


def _of_rating(analysis: Analysis, top: DriverRow) -> str:
    """What matters most, and what is to be mended first."""
    if not isinstance(top.importance, Estimate):
        return ""
    values = {
        "driver": top.candidate.name,
        "outcome": _inside(analysis),
        "share": measure(top.importance.estimate, "share"),
        "range": interval(top.importance.low, top.importance.high, "share"),
    }
    first = _("“%(driver)s” matters most for %(outcome)s: %(share)s (%(range)s) of the differences go with it.")
    if analysis.mcfadden:
        first = _(
            "“%(driver)s” tells most about who gives %(outcome)s a low score: knowing it takes away %(share)s "
            "(%(range)s) of the doubt about it."
        )
    first %= values
    mend = [f"“{row.candidate.name}”" for row in analysis.rows if row.quadrant == "mend first"][:3]
    if not mend:
        return first
    return f"{first} {_('Mend first: %s, important and rated low.') % listed(mend)}"


def _inside(analysis: Analysis) -> str:
    """The outcome's name inside a sentence: a question is quoted, a metric is not; Net Promoter Score is a name."""
    name = analysis.outcome.name
    if analysis.outcome.question:
        return f"“{name}”"
    return name if name != name.capitalize() else lower_first(name)


def drivers_note(analysis: Analysis | None) -> str:
    """What stands behind the sentence: base, how much is explained, what it is not."""
    if analysis is None or not isinstance(analysis.r_squared, Estimate):
        return ""
    values = {
        "n": measure(analysis.responses, "count"),
        "r": measure(analysis.r_squared.estimate, "share"),
        "range": interval(analysis.r_squared.low, analysis.r_squared.high, "share"),
    }
    base = _("%(n)s customers") if analysis.form == "again" else _("%(n)s answers")
    told = _("all drivers together go with %(r)s (%(range)s) of the differences")
    if analysis.mcfadden:
        told = _("all drivers together take away %(r)s (%(range)s) of the doubt (McFadden’s R²)")
    parts = (_("95 % intervals by customer"), base % values, told % values)
    return " · ".join((*parts, _("goes together, which need not mean causes")))


def importance_words(analysis: Analysis) -> str:
    """What the importance is a share of."""
    if analysis.mcfadden:
        return _(
            "How much of the doubt about this yes or no each driver takes away (McFadden’s R²), drivers that come "
            "together shared out fairly. All add up to what is explained."
        )
    return _(
        "Share of the differences in the outcome that goes with each driver, drivers that come together shared out "
        "fairly. All add up to what is explained."
    )


def refusal_words(refused: NoVerdict, *, complete: bool) -> tuple[str, str]:
    """Why there is no verdict, and what to do about it."""
    why = {
        "few_answers": _("Too few answers give these drivers together (%d).") % refused.n,
        "few_buckets": _("Too few different customers have answered for an interval."),
        "no_drivers": _("No driver comes with enough of these answers."),
        "no_spread": _("Everybody gave the same answer to one of these questions."),
        "not_positive_definite": _("Answers are missing so unevenly that pairs of questions contradict each other."),
        "unstable": _("With other customers the drivers could not be told apart."),
    }.get(refused.code, refused.message)
    if refused.code == "not_positive_definite" and not complete:
        return why, _("Take complete answers only, or fewer drivers.")
    if refused.code == "seldom":
        why = _("Those to whom nothing happened hardly ever come back either.")
        return why, _("Choose another outcome: what customers say and how they rate can be explained.")
    if refused.code == "collinear":
        return why, _("Choose the drivers yourself and leave one of these out.")
    return why, _("Choose fewer drivers, a longer period or a wider filter.")


def missing_words(analysis: Analysis) -> str:
    """How missing answers are treated here, with the driver that is missing most."""
    if isinstance(analysis.outcome, CameBack):
        return _(
            "Customers are followed from their first purchase: what came to them in the %(window)d days after it, and "
            "whether they bought again in the %(days)d days after those. Who cannot be followed as long is left out."
        ) % {"window": WINDOW, "days": analysis.outcome.custom.lost_days}
    if analysis.complete:
        return _("Only the %(n)s answers that give every driver are used.") % {
            "n": measure(analysis.responses, "count")
        }
    seldom = min(analysis.rows, key=lambda row: row.answered)
    if analysis.mcfadden and seldom.answered <= 0.999:
        return _(
            "Importance rests on the %(n)s answers that give every driver; the other figures on all who answered each."
        ) % {"n": measure(analysis.fewest, "count")}
    if seldom.answered > 0.999:
        return _("Every answer gives every driver.")
    return _(
        "Each pair of questions uses everybody who answered both: at least %(fewest)s answers. “%(driver)s” is "
        "missing most, in %(missing)s of the answers; this takes those who left it out for like the others."
    ) % {
        "fewest": measure(analysis.fewest, "count"),
        "driver": seldom.candidate.name,
        "missing": measure(1 - seldom.answered, "share"),
    }


def segments_words(segments: tuple[SegmentDrivers, ...], names: dict[str, str]) -> str:
    """Which drivers weigh differently for whom, after control of false discoveries."""
    said = [f"“{names[one.driver]}” ({segment.value})" for segment in segments for one in segment.differing]
    tests = sum(len(segment.weights) for segment in segments)
    if not said:
        return _("No driver weighs differently in any segment by more than chance could make it (%d tests).") % tests
    return _("%(n)d of %(tests)d weigh differently beyond chance: %(names)s.") % {
        "n": len(said),
        "tests": tests,
        "names": listed(said[:6]) + (" …" if len(said) > 6 else ""),
    }
