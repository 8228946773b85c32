"""The strategy as a picture: three years of outcomes that lead to goals and money, and what hangs under each."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.insight.wording import listed
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.strategy.agreement import Proposal
from headwater.strategy.issues import IssueFigure, issue_figures
from headwater.strategy.measures import MeasureView, measures
from headwater.strategy.strategies import Draft
from headwater.strategy.strategy import BusinessGoal, Issue, Money, Outcome, Strategy, Value

YEARS = (1, 2, 3)
_ATTRIBUTE = re.compile(r"(?:attribute:)?(\w+) = '([^']*)'")


@dataclass(frozen=True, slots=True)
class IssueShown:
    """An issue with its figure, None where none of its causes is known; ``causes`` are (id, name) pairs."""

    issue: Issue
    figure: IssueFigure | None
    causes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class OutcomeShown:
    """An outcome with the names of what it is about, and the issues under it."""

    outcome: Outcome
    goal: BusinessGoal | None
    values: tuple[Value, ...]
    money: str
    about: tuple[str, ...]
    measures: tuple[MeasureView, ...]
    issues: tuple[IssueShown, ...]


@dataclass(frozen=True, slots=True)
class YearShown:
    """The outcomes to be reached by the end of one year, and the money they should move."""

    year: int
    outcomes: tuple[OutcomeShown, ...]
    money: str


@dataclass(frozen=True, slots=True)
class GoalShown:
    """A business goal with the outcomes that lead to it and the money they should move."""

    goal: BusinessGoal
    outcomes: tuple[Outcome, ...]
    money: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything a page shows of a strategy's outcomes."""

    years: tuple[YearShown, ...]
    goals: tuple[GoalShown, ...]
    strays: tuple[IssueShown, ...]


def picture(strategy: Strategy, *, with_figures: bool = True) -> Picture:
    """The picture of a strategy, with what the record says of its issues unless that is not wanted."""
    known = taxonomy()
    figures = issue_figures(strategy) if with_figures else {}
    measured = measures() if with_figures else ()
    return Picture(
        tuple(_year(strategy, year, known, figures, measured) for year in YEARS),
        tuple(_goal(strategy, goal) for goal in strategy.goals),
        tuple(_issue(issue, known, figures) for issue in strategy.strays),
    )


def sentence(strategy: Strategy) -> str:
    """What the page of a strategy says first."""
    if strategy.is_empty:
        return _("There is no strategy yet.")
    if not strategy.outcomes:
        return _("The strategy says what we promise; no outcome says yet what will be different for customers.")
    count = len(strategy.outcomes)
    served = {outcome.goal for outcome in strategy.outcomes if outcome.goal}
    values = {"outcomes": count, "goals": len(served), "money": money_of(strategy.outcomes)}
    if not served:
        text = ngettext(
            "%(outcomes)d outcome leads to no business goal yet.",
            "%(outcomes)d outcomes lead to no business goal yet.",
            count,
        )
    elif values["money"]:
        text = ngettext(
            "%(outcomes)d outcome for customers should bring %(money)s a year.",
            "%(outcomes)d outcomes for customers, in three years, should bring %(money)s a year.",
            count,
        )
    else:
        text = _("%(outcomes)d outcomes for customers lead to our goals; none says yet what it is worth.")
    said = text % values
    if strategy.strays:
        stray = ngettext(
            "%d issue hangs under none of them.", "%d issues hang under none of them.", len(strategy.strays)
        )
        said = f"{said} {stray % len(strategy.strays)}"
    return said


def draft_sentence(draft: Draft | None, proposal: Proposal | None) -> str:
    """What the page of a draft says first: how far it is."""
    if draft is None or proposal is None:
        return _("There is no draft: nothing has been changed since the last version.")
    asked, waiting = len(proposal.answers), len(proposal.waiting)
    if proposal.state == "agreed":
        return _("All %d who were asked agree to this draft; it can be published.") % asked
    if proposal.objections:
        names = listed([one.person.name for one in proposal.objections][:3])
        return ngettext("%s objects to this draft.", "%s object to this draft.", len(proposal.objections)) % names
    if proposal.state == "proposed":
        agreed = {"agreed": asked - waiting, "asked": asked}
        return _("%(agreed)d of %(asked)d who were asked agree to this draft so far.") % agreed
    if proposal.withdrawn:
        return _("This draft was changed after leaders had answered, so they have to be asked again.")
    count = len(draft.differences)
    text = ngettext(
        "This draft changes %d thing; nobody was asked to agree yet.",
        "This draft changes %d things; nobody was asked to agree yet.",
        count,
    )
    return text % count


def money_of(outcomes: Iterable[Outcome]) -> str:
    """What outcomes should move together, kind by kind: revenue, cost and margin do not add up. Empty without any."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for outcome in outcomes:
        if outcome.money:
            sums[outcome.money.kind, outcome.money.currency] += outcome.money.amount
    return listed([money_text(Money(amount, currency, kind)) for (kind, currency), amount in sums.items()])  # type: ignore[arg-type]


def money_text(money: Money) -> str:
    """``EUR 400,000 more revenue``."""
    amount = f"{money.currency}\N{NO-BREAK SPACE}{number_format(money.amount, 0, force_grouping=True)}"
    return {
        "revenue": _("%s more revenue"),
        "cost": _("%s less cost"),
        "margin": _("%s more margin"),
    }[money.kind] % amount


def _year(
    strategy: Strategy,
    year: int,
    known: Taxonomy,
    figures: Mapping[str, IssueFigure],
    measured: Sequence[MeasureView],
) -> YearShown:
    outcomes = strategy.outcomes_of(year)
    shown = tuple(_outcome(strategy, one, known, figures, measured) for one in outcomes)
    return YearShown(year, shown, money_of(outcomes))


def _outcome(
    strategy: Strategy,
    outcome: Outcome,
    known: Taxonomy,
    figures: Mapping[str, IssueFigure],
    measured: Sequence[MeasureView],
) -> OutcomeShown:
    return OutcomeShown(
        outcome,
        strategy.goal(outcome.goal),
        tuple(value for value in strategy.values if value.id in outcome.values),
        money_text(outcome.money) if outcome.money else "",
        (
            *_names(outcome.stages, known.stages),
            *_names(outcome.moments, known.moments),
            *_names(outcome.causes, known.causes),
            *map(_segment, outcome.segments),
        ),
        tuple(view for view in measured if outcome.id in view.measure.outcomes),
        tuple(_issue(issue, known, figures) for issue in strategy.issues_of(outcome.id)),
    )


def _segment(expression: str) -> str:
    """A plain filter as a person says it (“region: South”); any other as it is written."""
    plain = _ATTRIBUTE.fullmatch(expression)
    return f"{plain[1]}: {plain[2]}" if plain else expression


def _names(ids: Sequence[str], items: Sequence[object]) -> tuple[str, ...]:
    names = {getattr(item, "id", ""): getattr(item, "name", "") for item in items}
    return tuple(names.get(one, one) for one in ids)


def _goal(strategy: Strategy, goal: BusinessGoal) -> GoalShown:
    outcomes = tuple(outcome for outcome in strategy.outcomes if outcome.goal == goal.id)
    return GoalShown(goal, outcomes, money_of(outcomes))


def _issue(issue: Issue, known: Taxonomy, figures: Mapping[str, IssueFigure]) -> IssueShown:
    causes = tuple(zip(issue.causes, _names(issue.causes, known.causes), strict=True))
    return IssueShown(issue, figures.get(issue.id), causes)
