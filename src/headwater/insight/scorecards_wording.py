"""What the two scorecards say, as a department manager would say it."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from headwater.base.figures import interval, measure
from headwater.insight.scorecards import Hides, Scorecards, StageScore, State
from headwater.insight.wording import listed
from headwater.metrics.queries import unit_of
from headwater.science.results import Estimate, Result

Cells = list[str]


def scorecards_sentence(found: Scorecards) -> str:
    """The page's first sentence: what the silo view hides."""
    if not any(isinstance(row.score, Estimate) for row in found.stages):
        return _("No stage has a score yet, so the two views cannot be compared.")
    if found.hidden:
        return _("At %(stages)s every function is green, and the customers are not.") % {"stages": _names(found.hidden)}
    if found.perhaps:
        return _("At %(stages)s customers are less satisfied, and no function sees it in its own numbers.") % {
            "stages": _names(found.perhaps)
        }
    if not found.below:
        return _("No stage is below the company’s average beyond doubt, and no function’s numbers hide one that is.")
    return _("%(stages)s: customers are less satisfied there, and the functions see it in their own numbers.") % {
        "stages": _names(found.below)
    }


def scorecards_note(found: Scorecards) -> str:
    """What green means, with the references."""
    parts = []
    if isinstance(found.average, Estimate):
        unit = unit_of(found.metric)
        parts.append(
            _("stages are held against the average of %(average)s (%(range)s)")
            % {
                "average": measure(found.average.estimate, unit),
                "range": interval(found.average.low, found.average.high, unit),
            }
        )
    usual = measure(found.usual_complaints, "share")
    parts.append(_("functions against their standards’ target, or else the usual complaint share of %s") % usual)
    parts.append(_("green and red only where the whole 95 % interval lies on that side"))
    return " · ".join(parts)


def state_name(state: State) -> str:
    """A state in a word."""
    return {"green": _("green"), "red": _("red"), "unclear": _("cannot tell"), "unknown": _("no figure")}[state]


def hides_name(hides: Hides) -> str:
    """What the silo view hides at a stage, in a phrase."""
    return {
        "hidden": _("hidden: every function is green"),
        "perhaps": _("perhaps hidden: no function is red"),
        "": "",
    }[hides]


def table(found: Scorecards) -> Iterator[Cells]:
    """Both scorecards as rows of cells, the header first: one row for each stage and for each function at it."""
    yield ["view", "stage", "function", "figure", "estimate", "low", "high", "base", "reference", "state", "hides"]
    for row in found.stages:
        yield ["experience", row.stage.name, "", found.metric.name, *_cells(row.score), "", row.state, row.hides]
        yield ["experience", row.stage.name, "", "share_negative", *_cells(row.negative), "", "", ""]
        if row.reliability is not None:
            yield ["experience", row.stage.name, "", "reliability", *_cells(row.reliability), "", "", ""]
        for own in row.functions:
            figure = "complaints" if own.measured is None else "reliability"
            yield [
                "silo",
                row.stage.name,
                own.function,
                figure,
                *_cells(own.figure),
                f"{own.reference:.4f}",
                own.state,
                "",
            ]
    for function in found.functions:
        yield ["silo", "", function.name, "complaints", *_cells(function.complaints), "", "", ""]
        if function.measured is not None:
            yield ["silo", "", function.name, "reliability", *_cells(function.measured), "", "", ""]


def _cells(result: Result) -> Cells:
    if isinstance(result, Estimate):
        return [f"{result.estimate:.4f}", f"{result.low:.4f}", f"{result.high:.4f}", str(result.n)]
    return ["", "", "", str(result.n)]


def _names(rows: tuple[StageScore, ...]) -> str:
    return listed([f"“{row.stage.name}”" for row in rows])
