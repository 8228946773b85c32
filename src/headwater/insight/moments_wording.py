"""What the ranking of moments says, as a department manager would say it."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.moment_page import MomentPage
from headwater.insight.moments import MomentRanking, MomentRow
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate, NoVerdict

FEW_LABELLED = 0.25


def ranking_sentence(found: MomentRanking) -> str:
    """The page's first sentence."""
    if not any(row.customers for row in found.rows):
        return _("The record does not show yet which moments customers pass.")
    if not found.ranked:
        worst = found.rows[0]
        return _("“%(moment)s” went wrong for %(hurt)s customers; what goes with it cannot be said yet.") % {
            "moment": worst.moment.name,
            "hurt": measure(worst.hurt, "count"),
        }
    first = found.ranked[0]
    values = {
        "moment": first.moment.name,
        "share": measure(first.goes_wrong.estimate, "share") if isinstance(first.goes_wrong, Estimate) else "",
        "customers": measure(first.customers, "count"),
        "metric": found.outcome.title,
        "points": points(found.outcome, abs(first.effect.estimate)) if isinstance(first.effect, Estimate) else "",
    }
    if isinstance(first.weight, Estimate) and first.weight.low <= 0:
        return _("No moment goes with a lower %(metric)s beyond doubt.") % values
    return (
        _(
            "“%(moment)s” matters most: it goes wrong for %(share)s of %(customers)s customers, "
            "and with that goes a %(metric)s %(points)s lower."
        )
        % values
    )


def moment_sentence(found: MomentPage) -> str:
    """The first sentence of one moment's page."""
    row, name = found.row, found.moment.name
    if not row.customers:
        return _("Nothing in the record shows yet who passes “%s”.") % name
    if isinstance(row.goes_wrong, NoVerdict):
        values = {"moment": name, "customers": measure(row.customers, "count")}
        message = ngettext(
            "%(customers)s customer passes “%(moment)s”; how often it goes wrong cannot be said yet.",
            "%(customers)s customers pass “%(moment)s”; how often it goes wrong cannot be said yet.",
            row.customers,
        )
        return message % values
    shown = {
        "moment": name,
        "share": measure(row.goes_wrong.estimate, "share"),
        "customers": measure(row.customers, "count"),
        "metric": str(found.ranking.outcome.title),
    }
    said = _("“%(moment)s” goes wrong for %(share)s of the %(customers)s customers who pass it") % shown
    if isinstance(row.effect, Estimate) and row.effect.low > 0:
        lower = points(found.ranking.outcome, row.effect.estimate)
        said += _(", and with that goes a %(metric)s %(points)s lower") % {**shown, "points": lower}
    return f"{said}."


def moment_note(found: MomentPage) -> str:
    """The intervals behind the sentence."""
    row, said = found.row, []
    if isinstance(row.goes_wrong, Estimate):
        bounds = interval(row.goes_wrong.low, row.goes_wrong.high, "share")
        said.append(_("goes wrong: 95 %% interval %s") % bounds)
    if isinstance(row.effect, Estimate):
        said.append(_("lower by %s") % effect_interval(found.ranking.outcome, row))
        said.append(_("“goes with” is not “causes”: customers differ in more than this moment"))
    return " · ".join(said)


def ranking_note(found: MomentRanking) -> str:
    """How sure the order is, and the interval behind the sentence."""
    if not found.ranked:
        return ""
    first = found.ranked[0]
    said = []
    if isinstance(first.effect, Estimate):
        said.append(_("95 %% interval %(range)s points") % {"range": effect_interval(found.outcome, first)})
    if found.contenders > 1:
        message = ngettext(
            "any of the first %(n)d moment could be the one that matters most",
            "any of the first %(n)d moments could be the one that matters most",
            found.contenders,
        )
        said.append(message % {"n": found.contenders})
    else:
        said.append(_("no other moment could come first"))
    said.append(_("“goes with” is not “causes”: customers differ in more than this moment"))
    return " · ".join(said)


def labels_note(found: MomentRanking) -> str:
    """That words seldom name a moment, where that is so; empty otherwise."""
    if not found.with_words or found.labelled >= FEW_LABELLED * found.with_words:
        return ""
    return _(
        "Only %(labelled)s of %(words)s comments name a moment clearly enough to be labelled, so figures from words "
        "alone rest on few customers. A touchpoint with a filter shows who passed a moment from what happened."
    ) % {"labelled": measure(found.labelled, "count"), "words": measure(found.with_words, "count")}


def points(outcome: MetricDefinition, value: float) -> str:
    """A difference of scores with its unit: points of an NPS, percentage points of a share."""
    if outcome.kind == "nps":
        return _("%s points") % measure(round(value), "")
    if outcome.kind == "share":
        return _("%s points") % measure(round(100 * value, 1), "")
    return measure(value, unit_of(outcome))


def effect_interval(outcome: MetricDefinition, row: MomentRow) -> str:
    """The interval of the effect in the unit that :func:`points` writes."""
    if not isinstance(row.effect, Estimate):
        return ""
    scale, unit = (100, "") if outcome.kind == "share" else (1, "" if outcome.kind == "nps" else unit_of(outcome))
    low, high = row.effect.low * scale, row.effect.high * scale
    return interval(round(low), round(high), unit) if outcome.kind != "mean" else interval(low, high, unit)
