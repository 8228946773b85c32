"""What score integrity says: the incentive first, then how many stand out, never that somebody cheats."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import measure
from headwater.insight.integrity import FALSE_DISCOVERIES, Integrity, Pattern, Screening
from headwater.insight.integrity_incentives import Incentive
from headwater.science.integrity import FEWEST_ANSWERS, FEWEST_UNITS, Screened
from headwater.science.results import Estimate, NoVerdict

UNUSUAL = 1.96


def integrity_sentence(found: Integrity, incentives: tuple[Incentive, ...]) -> str:
    """The page's first sentence."""
    hanging = [one for one in incentives if one.hangs]
    if not found.agents.screen:
        return _("%(metric)s: %(why)s") % {"metric": found.metric.title, "why": why_not(found.agents.verdict)}
    n, tested = len(found.agents.standing_out), found.agents.tested
    counted = {"n": n, "of": measure(tested, "count"), "metric": found.metric.title}
    if not n:
        words = _("%(metric)s: none of %(of)s agents stands out beyond what honest differences explain") % counted
    else:
        words = (
            ngettext(
                "%(metric)s: %(n)s of %(of)s agents stands out beyond what honest differences explain",
                "%(metric)s: %(n)s of %(of)s agents stand out beyond what honest differences explain",
                n,
            )
            % counted
        )
    if hanging:
        return _("%(words)s, and something hangs on the score: look at that first.") % {"words": words}
    return f"{words}."


def integrity_note(found: Integrity) -> str:
    """What stands behind the sentence."""
    if not found.agents.screen or found.agents.since is None:
        return ""
    return _(
        "Response rate, share of top scores and bursts from %(since)s to %(until)s, with the spread that units show "
        "anyway allowed for. Of those that stand out at most %(q)s are expected to do so by chance."
    ) % {
        "since": found.agents.since.isoformat(),
        "until": found.agents.until.isoformat() if found.agents.until else "",
        "q": measure(FALSE_DISCOVERIES["agent"], "share"),
    }


def why_not(reason: NoVerdict | None) -> str:
    """Why nothing was screened."""
    if reason is None:
        return ""
    few = _("fewer than %(units)d have %(answers)d answers or more, so that nobody can say what is usual.")
    return {
        "few_units": few % {"units": FEWEST_UNITS, "answers": FEWEST_ANSWERS},
        "no_units": _("no answer and no invitation of the last half year names one."),
        "no_answers": _("nobody has answered yet."),
    }.get(reason.code, reason.message)


def reasons(figures: Screened) -> list[str]:
    """In what one unit is unlike the others, each in a few words."""
    found = []
    if abs(figures.response_z) > UNUSUAL:
        found.append(_("fewer answer than elsewhere") if figures.response_z < 0 else _("more answer than elsewhere"))
    if figures.top_z > UNUSUAL:
        found.append(_("more top scores than elsewhere"))
    if figures.burst_z > UNUSUAL:
        found.append(_("top scores come in bursts"))
    return found or [_("several small differences together")]


def pattern_sentence(pattern: Pattern, *, own: bool) -> str:
    """What a colleague's page opens with."""
    if not pattern.figures.stands_out:
        return _("Your figures do not stand out beyond what honest differences explain.")
    what = "; ".join(reasons(pattern.figures))
    if own:
        return _("Your figures differ from those of other colleagues: %(what)s. That proves nothing.") % {"what": what}
    return _("The figures of %(name)s differ from those of other colleagues: %(what)s. That proves nothing.") % {
        "name": pattern.person.name,
        "what": what,
    }


def compared(pattern: Pattern) -> list[tuple[str, object, object]]:
    """A colleague's figures and those of all, as rows: name, own, all."""
    return [
        (_("Response rate"), pattern.figures.response_rate, pattern.response_of_all),
        (_("Share of top scores"), pattern.figures.top_share, pattern.top_of_all),
    ]


def spread_words(found: Screening) -> str:
    """How much honest differences were allowed for."""
    _response, top = found.whole()
    if not found.screen or not isinstance(top, Estimate):
        return ""
    return _("All together gave %(share)s top scores.") % {"share": measure(top.estimate, "share")}
