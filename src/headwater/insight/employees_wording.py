"""What employees' figures say, as a department manager would say it."""

from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import interval, measure
from headwater.insight.employees import Employees, Measure, Team
from headwater.insight.employees_beside import Beside
from headwater.listening.employee_privacy import rules
from headwater.listening.employee_questions import title_of
from headwater.metrics.queries import unit_of
from headwater.science import Estimate, NoVerdict, Result


def measure_name(name: Measure) -> str:
    """What a measure is called."""
    return {"health": _("Employee health score"), "enps": _("eNPS"), "burnout": _("Burn-out risk")}[name]


def measure_unit(name: Measure) -> str:
    """How ``base.figures`` writes it."""
    return "nps" if name == "enps" else "count"


def employees_sentence(found: Employees) -> str:
    """The page's first sentence, with its interval."""
    result = found.team(found.unit.id).scores[found.measure]
    values = {"name": measure_name(found.measure), "unit": found.unit.name, "month": month_name(found)}
    if not isinstance(result, Estimate):
        return _("%(name)s of %(unit)s in %(month)s: nothing that may be shown.") % values
    unit = measure_unit(found.measure)
    values |= {"value": measure(result.estimate, unit), "range": interval(result.low, result.high, unit)}
    said = {
        "health": _("The employee health score of %(unit)s was %(value)s of 100 (%(range)s) in %(month)s"),
        "enps": _("The eNPS of %(unit)s was %(value)s (%(range)s) in %(month)s"),
        "burnout": _("The burn-out risk of %(unit)s was %(value)s of 100 (%(range)s) in %(month)s"),
    }[found.measure] % values
    return f"{said}; {together_words(found.beside)}"


def together_words(found: Beside) -> str:
    """Whether the score and that of customers move together; never that one causes the other."""
    strongest = found.lags.strongest or found.slopes.strongest
    if not any(isinstance(one, Estimate) for one in (*found.lags.results, *found.slopes.results)):
        return _("it is too early to say whether it moves together with what customers say.")
    if strongest is None:
        return _("nothing shows yet that it moves together with what customers say.")
    lag, estimate = strongest
    same = estimate.estimate > 0
    if found.metric.better == "lower":
        same = not same
    words = _("where it rises, customers’ scores rise") if same else _("where it rises, customers’ scores fall")
    when = lag_words(lag)
    return _("over time it moves together with what customers say: %(words)s %(when)s.") % {
        "words": words,
        "when": when,
    }


def lag_words(lag: int) -> str:
    """How much later."""
    if not lag:
        return _("in the same month")
    return ngettext("%(lag)d month later", "%(lag)d months later", lag) % {"lag": lag}


def slope_words(result: Result, found: Beside) -> str:
    """By how much customers' score is higher where employees' is 10 points higher."""
    if isinstance(result, NoVerdict):
        return result.message
    unit = unit_of(found.metric)
    return f"{signed(result.estimate, unit)} ({signed(result.low, unit)} … {signed(result.high, unit)})"


def signed(value: float, unit: str) -> str:
    """A difference with its sign, in the unit's own steps."""
    digits = 1 if unit in ("share", "nps") else 2
    scaled = 100 * value if unit == "share" else value
    suffix = _(" points") if unit == "share" else ""
    text = f"{scaled:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
    return text + suffix


def employees_note(found: Employees) -> str:
    """What stands behind the sentence: who is not shown."""
    least = _("Groups of fewer than %d people are never shown, nor can they be worked out from the others.") % (
        rules().minimum
    )
    hidden = len(found.withheld)
    if not found.teams[1:]:
        return _("95 %% intervals. %(least)s %(reach)s") % {
            "least": least,
            "reach": _(
                "You see the whole company; each department is shown to its own people and heads, HR and executives."
            ),
        }
    if not hidden:
        return _("95 %% intervals. %s") % least
    held = ngettext("%d department is withheld.", "%d departments are withheld.", hidden) % hidden
    return _("95 %% intervals. %(least)s %(held)s") % {"least": least, "held": held}


def month_name(found: Employees) -> str:
    """The month shown."""
    return f"{MONTHS[found.month.month]} {found.month.year}"


def question_name(question: str) -> str:
    """What a question is called."""
    return title_of(question)


def employees_table(found: Employees) -> list[list[str]]:
    """The month as a file: one row a department and figure, withheld ones without a value."""
    rows = [[_("month"), _("department"), _("figure"), _("estimate"), _("low"), _("high"), _("people"), _("why not")]]
    for team in found.teams:
        for name, result in _figures(team):
            rows.append([found.month.strftime("%Y-%m"), team.unit.name, name, *_cells(result)])
    return rows


def _figures(team: Team) -> list[tuple[str, Result]]:
    scores = [(measure_name(name), result) for name, result in team.scores.items()]
    rest = [(title_of(name), result) for name, result in (*team.items, *team.amounts)]
    return [*scores, *rest]


def _cells(result: Result) -> list[str]:
    if isinstance(result, Estimate):
        return [f"{value:.3f}" for value in (result.estimate, result.low, result.high)] + [str(result.n), ""]
    # How many there are of a group that is withheld is withheld as well.
    return ["", "", "", "", result.message]
