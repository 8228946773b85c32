"""What response and weighting say, in the words of a department manager."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.response import WAIT, Response
from headwater.insight.weighting import HEAVY, Pull, WeightedMetric
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate, NoVerdict


def dimension_name(dimension: str) -> str:
    """A dimension as people call it."""
    named = {"channel": _("Channel"), "language": _("Language"), "month": _("Month"), "source": _("Source")}
    plain = dimension.removeprefix("attribute:").replace("_", " ")
    return named.get(dimension, plain[:1].upper() + plain[1:])


def response_sentence(found: Response) -> str:
    """The page's first sentence: how many of those asked answered, and who keeps silent."""
    if not isinstance(found.overall, Estimate):
        return _("Nobody is known to have been asked: the record holds no invitation in this selection.")
    first = _("%(share)s (%(range)s) of those asked answered") % {
        "share": measure(found.overall.estimate, "share"),
        "range": interval(found.overall.low, found.overall.high, "share"),
    }
    low = found.lowest
    if low is None or not isinstance(low.rate, Estimate):
        return _("%(first)s; no segment is known to answer less than the others.") % {"first": first}
    return _("%(first)s; of “%(segment)s” only %(share)s did.") % {
        "first": first,
        "segment": low.segment,
        "share": measure(low.rate.estimate, "share"),
    }


def response_note(found: Response) -> str:
    """What stands behind the sentence."""
    if not isinstance(found.overall, Estimate):
        return ""
    parts = [
        _("95 %% interval by customer; %(n)s invitations, each with %(wait)d days for its answer.")
        % {"n": measure(found.asked, "count"), "wait": WAIT}
    ]
    if found.young:
        young = ngettext(
            "%(n)s invitation is younger than that and left out.",
            "%(n)s invitations are younger than that and left out.",
            found.young,
        )
        parts.append(young % {"n": measure(found.young, "count")})
    return " ".join(parts)


def silence(found: Response) -> list[str]:
    """Why those who answered cannot stand for those who were asked, each reason in a sentence; none where they can."""
    words = [
        _("“%(segment)s” is %(share)s of those asked and gave %(n)d answers: nobody can say what it thinks.")
        % {
            "segment": row.segment,
            "share": measure(row.asked / found.asked, "share"),
            "n": row.answered,
        }
        for row in found.rows
        if row.silent
    ]
    if found.uneven:
        words.append(_("The segments answer so differently that the whole is the voice of a few of them."))
    return words


def weighted_sentence(found: WeightedMetric) -> str:
    """What weighting does to a metric, and which segment pulls most."""
    title, unit = found.definition.title, unit_of(found.definition)
    if not isinstance(found.raw, Estimate):
        return _("Nobody has answered this question in this selection.")
    if isinstance(found.weighted, NoVerdict):
        return _("Those who answered cannot stand for the customer base: %s") % why_not_weighted(found.weighted)
    values = {
        "title": title,
        "raw": measure(found.raw.estimate, unit),
        "weighted": measure(found.weighted.estimate, unit),
        "range": interval(found.weighted.low, found.weighted.high, unit),
    }
    if not found.moves:
        words = _(
            "Weighted to the customer base, %(title)s is %(weighted)s (%(range)s): not surely other than %(raw)s."
        )
        return words % values
    pull = found.strongest
    first = _("Weighted to the customer base, %(title)s is %(weighted)s (%(range)s) instead of %(raw)s") % values
    return f"{first}: {pull_words(pull, unit)}" if pull else f"{first}."


def pull_words(pull: Pull, unit: str) -> str:
    """Why a level moves the figure."""
    values = {
        "level": pull.level,
        "base": measure(pull.base, "share"),
        "answered": measure(pull.answered, "share"),
        "value": measure(pull.value, unit),
    }
    return _("“%(level)s” is %(base)s of the customers and gave %(answered)s of the answers, with %(value)s.") % values


def why_not_weighted(reason: NoVerdict) -> str:
    """Why there is no weighted figure."""
    return {
        "base_unknown": _("it is not known how the customers are spread. Load customers with attributes, or state it."),
        "no_answers": _("no answer says which segment it comes from."),
        "no_convergence": _("no weights fit all attributes at once, because some of their crossings are empty."),
        "one_cluster": _("too few customers answered."),
        "few_effective": _("weighted, fewer than one in five answers would count."),
        "empty_level": _("a segment that customers are in gave no answer at all."),
        "not_answered": _("nobody is asked for it."),
    }.get(reason.code, reason.message)


def warnings(found: WeightedMetric) -> list[str]:
    """What to know before this weighted figure is used, each in a sentence."""
    words = {
        "few_effective": _("The weights leave as much as %(n).0f answers know: too little to lean on.")
        % {"n": found.effective_n},
        "heavy": _(
            "Some answers count %(times).1f times as much as the average one (more than %(most).0f is too much)."
        )
        % {"times": found.largest, "most": HEAVY},
        "small_level": _("In some segments fewer than ten answers speak for all customers there."),
        "base_unknown": _("Of more than a sixth of the customers the segment is not known."),
    }
    return [words[code] for code in found.warnings]


def assumption() -> str:
    """What every weighted figure takes for granted."""
    return _("It assumes that within a segment those who answered are like those who did not, which nobody can see.")
