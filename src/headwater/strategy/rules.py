"""Pure rules of the strategy: what must hold between its parts."""

from collections import Counter
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from headwater.strategy.strategy import Strategy


def inconsistencies(strategy: Strategy) -> list[str]:
    """Each way in which the parts contradict each other, as a sentence; empty when they do not."""
    parts = (strategy.values, strategy.goals, strategy.outcomes, strategy.issues)
    return [
        *(problem for part in parts for problem in _repeated(item.id for item in part)),
        *_dangling(strategy),
    ]


def _repeated(ids: Iterable[str]) -> Iterator[str]:
    for key, count in Counter(ids).items():
        if count > 1:
            yield _("the id %(id)s is used %(count)d times; each needs its own") % {"id": key, "count": count}


def _dangling(strategy: Strategy) -> Iterator[str]:
    """References to a goal, value or outcome that is not there."""
    for outcome in strategy.outcomes:
        if outcome.goal is not None and strategy.goal(outcome.goal) is None:
            yield _("%(id)s names the goal %(missing)s, which does not exist") % _of(outcome.id, outcome.goal)
        for value in outcome.values:
            if strategy.value(value) is None:
                yield _("%(id)s names the value %(missing)s, which does not exist") % _of(outcome.id, value)
    for issue in strategy.issues:
        if issue.outcome is not None and strategy.outcome(issue.outcome) is None:
            yield _("%(id)s names the outcome %(missing)s, which does not exist") % _of(issue.id, issue.outcome)


def _of(item: str, missing: str) -> dict[str, str]:
    return {"id": item, "missing": missing}
