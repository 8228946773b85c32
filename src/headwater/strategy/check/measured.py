"""Measured: every outcome has measures of both kinds, and every measure what it takes to be one."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _

from headwater.strategy.check.finding import Finding, Place, Severity
from headwater.strategy.check.texts import outcome_place
from headwater.strategy.facts import MeasureFacts, StrategyFacts

RULE = "measured"
#: To start a measure a question, an owner and a decision suffice; the rest is asked for after this time.
TIME_TO_COMPLETE = timedelta(days=30)


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Outcomes without a measure or with one kind only; measures that lack something."""
    return (*_outcomes(facts), *(found for measure in _under_outcomes(facts) for found in _of_measure(facts, measure)))


def _under_outcomes(facts: StrategyFacts) -> tuple[MeasureFacts, ...]:
    named = {outcome.id for outcome in facts.strategy.outcomes}
    return tuple(measure for measure in facts.measures if named & set(measure.outcomes))


def _outcomes(facts: StrategyFacts) -> Iterator[Finding]:
    for outcome in facts.strategy.outcomes:
        kinds = {measure.kind for measure in facts.measures_of[outcome.id]}
        if not kinds:
            evidence = _("“%s” has no measure.") % outcome.text
            mend = _("Add a measure with its question, its owner and the decision it is for.")
        elif kinds == {"what"}:
            evidence = (
                _("“%s” is measured by what is done, not by how people do it and customers feel it.") % outcome.text
            )
            mend = _("Add a measure of the kind HOW: driven by colleagues and valued by customers.")
        elif kinds == {"how"}:
            evidence = _("“%s” is measured by how it feels, not by what changes.") % outcome.text
            mend = _("Add a measure of the kind WHAT: something that happens and can be counted.")
        else:
            continue
        yield Finding(RULE, outcome_place(outcome), evidence, mend)


def _of_measure(facts: StrategyFacts, measure: MeasureFacts) -> Iterator[Finding]:
    lacks = {
        _("baseline"): measure.baseline is None,
        _("target with a date"): measure.target is None or measure.target_date is None,
        _("owner"): not measure.owner,
        _("sign-off"): not measure.signed_by,
        _("reading"): measure.latest is None,
    }
    missing = [name for name, is_missing in lacks.items() if is_missing]
    if not missing:
        return
    young = measure.started is not None and facts.today - measure.started < TIME_TO_COMPLETE
    severity: Severity = "note" if young and measure.owner else "mend"
    evidence = _("“%(name)s” has no %(missing)s yet.") % {
        "name": measure.name,
        "missing": _(" and no ").join(missing),
    }
    mend = _("Complete the measure; leaders then sign it off as it stands.")
    yield Finding(RULE, Place("measure", measure.id, measure.name), evidence, mend, severity=severity)
