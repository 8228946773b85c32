"""Hunches in words: what the record will compare, what it said, how good somebody's gut is."""

from collections.abc import Mapping
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import headwater.science as hs
from headwater.base.figures import interval, measure
from headwater.insight.hunches import Claim
from headwater.insight.hunches_calibration import CROWD, Crowd
from headwater.insight.hunches_rules import before
from headwater.insight.models import Hunch
from headwater.insight.weighting_wording import difference_words
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.definitions import METRICS
from headwater.metrics.estimates import read_filter
from headwater.metrics.queries import unit_of
from headwater.record.filters import Compare, Flag, Node
from headwater.science.forecasts import FEWEST
from headwater.science.results import Estimate, NoVerdict


def claim_sentence(claim: Claim) -> str:
    """What the record will compare, as a person would say it."""
    values = {
        "metric": METRICS[claim.metric].title,
        "mine": group_words(claim.where),
        "how": _how(claim),
        "against": _against(claim),
        "since": formats.date_format(claim.since),
        "until": formats.date_format(claim.until),
    }
    return _("From %(since)s to %(until)s, %(metric)s of %(mine)s %(how)s %(against)s.") % values


def judged_words(claim: Claim) -> str:
    """When and how it is judged."""
    return _(
        "Answered on %(day)s, or as soon as the record reaches that far: true where the whole 95 %% interval of the "
        "difference bears it out, false where none of it does; else the record cannot tell, and it does not count."
    ) % {"day": formats.date_format(claim.judge_on)}


def group_words(where: str) -> str:
    """A group as people say it: names for causes and stages, values for the rest; a hard filter as it is written."""
    found = read_filter(where)
    if found is None:
        return _("all")
    known = taxonomy()
    return "“" + " · ".join(_part(node, known) for node in found.conjuncts()) + "”"


def verdict_words(hunch: Hunch) -> str:
    """What became of a hunch, in a sentence with the evidence."""
    if hunch.state == Hunch.State.OPEN:
        return _("Waits for %s.") % formats.date_format(hunch.judge_on)
    if hunch.state == Hunch.State.WITHDRAWN:
        return _("Withdrawn.")
    gap = hunch.evidence.get("gap", {})
    if "estimate" not in gap:
        return _("The record cannot tell: %s") % str(gap.get("why_not", ""))
    values = {
        "gap": difference_words(METRICS[hunch.metric], _gap(gap)),
        "first": _side(hunch, "first"),
        "second": _side(hunch, "second"),
    }
    if hunch.state == Hunch.State.TRUE:
        return _("It came true: %(first)s against %(second)s, a difference of %(gap)s.") % values
    if hunch.state == Hunch.State.FALSE:
        return _("It did not come true: %(first)s against %(second)s, a difference of %(gap)s.") % values
    return _("The record cannot tell: %(first)s against %(second)s, a difference of %(gap)s.") % values


def own_sentence(hunches: list[Hunch], found: hs.Calibration | NoVerdict) -> str:
    """The page's first sentence, about the reader alone."""
    decided = [one for one in hunches if one.state in (Hunch.State.TRUE, Hunch.State.FALSE)]
    if not hunches:
        return _("Write down what you expect, and how sure you are; the record will answer.")
    if not decided:
        n = sum(one.state == Hunch.State.OPEN for one in hunches)
        return ngettext("%d hunch of yours waits for the record.", "%d hunches of yours wait for the record.", n) % n
    true = sum(one.state == Hunch.State.TRUE for one in decided)
    first = ngettext(
        "%(true)d of your %(n)d answered hunch came true",
        "%(true)d of your %(n)d answered hunches came true",
        len(decided),
    ) % {"true": true, "n": len(decided)}
    said = measure(sum(one.probability for one in decided) / len(decided) / 100, "share")
    return _("%(first)s; you had been %(said)s sure on average.%(more)s") % {
        "first": first,
        "said": said,
        "more": " " + calibration_words(found) if calibration_words(found) else "",
    }


def calibration_words(found: hs.Calibration | NoVerdict) -> str:
    """Whether somebody is too sure; nothing while too few hunches say it."""
    if isinstance(found, NoVerdict) or not isinstance(found.bias, Estimate):
        return ""
    if found.bias.low > 0:
        return _("You are surer than right.")
    if found.bias.high < 0:
        return _("You are righter than you think.")
    return _("What you say and what comes true agree so far.")


def few_words(found: NoVerdict) -> str:
    """Why there is no picture yet."""
    if not found.n:
        return _("None of your hunches is answered yet; from %d on there is a picture here.") % FEWEST
    return _("%(n)d answered hunches say little of a person; from %(few)d on there is a picture here.") % {
        "n": found.n,
        "few": FEWEST,
    }


def crowd_words(found: Crowd | None) -> str:
    """The crowd in a sentence."""
    if found is None:
        return _("The crowd’s picture is shown once %d people have an answered hunch.") % CROWD
    score = found.found.score
    if not isinstance(score, Estimate):
        return _("%(people)d people, %(n)d answered hunches.") % {"people": found.people, "n": found.found.n}
    return _(
        "%(people)d people, %(n)d answered hunches: Brier score %(score)s (%(range)s); 0 is perfect, 0.25 is a coin."
    ) % {
        "people": found.people,
        "n": found.found.n,
        "score": measure(score.estimate, "ratio"),
        "range": interval(score.low, score.high, "ratio"),
    }


def _how(claim: Claim) -> str:
    words = {
        Hunch.Comparison.HIGHER: (_("is higher than"), _("is higher by %s or more than")),
        Hunch.Comparison.LOWER: (_("is lower than"), _("is lower by %s or more than")),
        Hunch.Comparison.DIFFERS: (_("differs from"), _("differs by %s or more from")),
    }[Hunch.Comparison(claim.comparison)]
    if not claim.at_least:
        return words[0]
    unit = unit_of(METRICS[claim.metric])
    amount = measure(claim.at_least * (100 if unit == "share" else 1), "" if unit in ("share", "nps") else unit)
    return words[1] % (_("%s points") % amount if unit in ("share", "nps") else amount)


def _against(claim: Claim) -> str:
    if claim.against == Hunch.Against.GROUP:
        return _("that of %s") % group_words(claim.other)
    if claim.against == Hunch.Against.BEFORE:
        days = before(claim.since, claim.until)
        first, last = (formats.date_format(day) for day in days)
        return _("it was from %(first)s to %(last)s") % {"first": first, "last": last}
    return _("that of everyone else")


def _gap(found: Mapping[str, Any]) -> Estimate:
    return Estimate(found["estimate"], found["low"], found["high"], found["n"], found["method"])


def _side(hunch: Hunch, name: str) -> str:
    found = hunch.evidence.get(name, {})
    if "estimate" not in found:
        return _("no figure")
    unit = unit_of(METRICS[hunch.metric])
    return f"{measure(found['estimate'], unit)} ({interval(found['low'], found['high'], unit)})"


def _part(node: Node, known: Taxonomy) -> str:
    if isinstance(node, Flag) and node.term.name == "negative":
        return _("negative")
    if not isinstance(node, Compare) or node.operator != "=":
        return str(node)
    value = str(node.value)
    if node.term.kind == "cause":
        cause = known.cause(value)
        return cause.name if cause else value
    if node.term.name == "stage":
        stage = known.stage(value)
        return stage.name if stage else value
    return value
