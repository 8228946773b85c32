"""Inclusive: no group of customers or colleagues of some size is left out of what is heard, measured or promised."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from headwater.strategy.check.coverage import may_cover
from headwater.strategy.check.everyone import reached_departments
from headwater.strategy.check.finding import Finding, Place
from headwater.strategy.facts import CustomerGroup, PeopleGroup, StrategyFacts

RULE = "inclusive"
#: A group of customers counts from this share of the base on, and from the minimum base in heads.
SMALLEST_SHARE = 0.05
SMALLEST_SITE = 5


def check(facts: StrategyFacts) -> tuple[Finding, ...]:
    """Customer groups without signal, measure or outcome; sites of colleagues without a line of sight."""
    groups = (group for group in facts.groups or () if is_large(facts, group))
    customers = tuple(found for group in groups for found in _customers(facts, group))
    return (*customers, *_sites(facts))


def is_large(facts: StrategyFacts, group: CustomerGroup) -> bool:
    """Whether a group is large enough to be named: smaller ones would say more about chance, or about persons."""
    return group.share >= SMALLEST_SHARE and group.customers >= facts.minimum_base


def _customers(facts: StrategyFacts, group: CustomerGroup) -> Iterator[Finding]:
    missing = []
    if group.signals < facts.minimum_base:
        missing.append(_("hardly a signal"))
    if facts.measures and not any(_covers(measure.segments, group) for measure in facts.measures):
        missing.append(_("no measure"))
    outcomes = facts.strategy.outcomes
    if outcomes and not any(_covers(outcome.segments, group) for outcome in outcomes):
        missing.append(_("no outcome"))
    if not missing:
        return
    dimension = {"segment": _("segment"), "region": _("region"), "language": _("language")}[group.dimension]
    evidence = _("The %(dimension)s “%(value)s” is %(share).0f %% of the customers and has %(missing)s.") % {
        "dimension": dimension,
        "value": group.value,
        "share": group.share * 100,
        "missing": _(" and ").join(missing),
    }
    mend = _("Ask these customers too, and widen a measure and an outcome to them, or say openly why not.")
    place = Place("customers", f"{group.term}={group.value}", group.value)
    yield Finding(RULE, place, evidence, mend)


def _covers(segments: tuple[str, ...], group: CustomerGroup) -> bool:
    return not segments or any(may_cover(expression, group.term, group.value) for expression in segments)


def _sites(facts: StrategyFacts) -> Iterator[Finding]:
    """Sites whose people are in no department that reaches an outcome; where departments are known at all."""
    if facts.departments is None or facts.contributions is None:
        return
    reached = reached_departments(facts)
    for site in facts.sites:
        if site.size >= SMALLEST_SITE and not _inside(site, reached):
            evidence = _("Nobody at the site “%(name)s” (%(people)d people) has a line of sight to an outcome.") % {
                "name": site.name,
                "people": site.size,
            }
            mend = _("Say what the people there do at a moment of the journey.")
            yield Finding(RULE, Place("site", site.name, site.name), evidence, mend)


def _inside(site: PeopleGroup, reached: frozenset[str]) -> int:
    return sum(people for department, people in site.people.items() if department in reached)
