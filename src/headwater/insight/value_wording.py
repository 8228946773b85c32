"""What an experience is worth, in words that a finance director may question."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from headwater.base.figures import digits, interval, measure
from headwater.insight.finance_wording import money, money_of, money_range, unsigned_note
from headwater.insight.value import Subject, Value
from headwater.insight.value_rules import Factor
from headwater.science.results import Estimate, NoVerdict


def subject_name(subject: Subject) -> str:
    """What is valued."""
    if subject.kind != "moment":
        return subject.name
    return _("“%s” gone right") % subject.name if subject.gain else _("“%s” gone wrong") % subject.name


def factor_name(factor: Factor, *, gain: bool = False) -> str:
    """What an assumption is called."""
    return {
        "affected": _("Customers affected"),
        "leaving": _("More of them stay, per 100") if gain else _("More of them leave, per 100"),
        "margin": _("Margin of a customer and year"),
        "years": _("Years that count, discounted"),
        "contacts": _("Contacts that it brought"),
        "cost": _("Cost of one contact"),
    }[factor]


def factor_scale(factor: Factor) -> float:
    """By how much a value is multiplied where people read it: probabilities are shown per 100."""
    return 100.0 if factor == "leaving" else 1.0


def value_sentence(found: Value) -> str:
    """The page's first sentence: money with its interval, or why there is none and what is known instead."""
    name, currency = subject_name(found.subject), found.finance.currency
    if not found.affected:
        return _("%(name)s: it happened to nobody in this selection.") % {"name": name}
    whole = found.money.total
    revenue = found.money.revenue.result
    if isinstance(revenue, NoVerdict) or isinstance(whole, NoVerdict):
        return _without_money(found, name)
    values = {
        "name": name,
        "value": money(whole.estimate, currency),
        "range": money_range(whole.low, whole.high, currency),
        "customers": measure(found.affected, "count"),
    }
    if whole.low <= 0 <= whole.high:
        said = _("%(name)s: between %(range)s for %(customers)s customers, so it may be nothing.")
    elif found.subject.gain:
        said = _("%(name)s keeps about %(value)s (%(range)s): %(customers)s customers, %(effect)s.")
    else:
        said = _("%(name)s puts about %(value)s (%(range)s) at risk: %(customers)s customers, %(effect)s.")
    return said % {**values, "effect": leaving_words(found)}


def _without_money(found: Value, name: str) -> str:
    """What is known where leaving cannot be told in money."""
    currency = found.finance.currency
    parts = [
        ngettext("%(name)s: %(n)s customer affected", "%(name)s: %(n)s customers affected", found.affected)
        % {"name": name, "n": measure(found.affected, "count")}
    ]
    if isinstance(found.stake, Estimate):
        parts.append(
            ngettext("%(n)s order worth %(value)s", "%(n)s orders worth %(value)s", found.orders)
            % {"n": measure(found.orders, "count"), "value": money_of(found.stake, currency)}
        )
    if found.seldom:
        parts.append(
            _("nothing is claimed about leaving, because only %(again)s of %(customers)s customers ever buy again")
            % {
                "again": measure(found.returning.again, "count"),
                "customers": measure(found.returning.customers, "count"),
            }
        )
    elif isinstance(found.leaving, Estimate):
        parts.append(leaving_words(found))
    return "; ".join(parts) + "."


def leaving_words(found: Value) -> str:
    """The extra probability of leaving, as so many in a hundred."""
    leaving = found.leaving
    if not isinstance(leaving, Estimate):
        return leaving.message
    sign = -1.0 if found.subject.gain else 1.0
    low, high = sorted((sign * leaving.low * 100, sign * leaving.high * 100))
    values = {"n": digits(sign * leaving.estimate * 100, "%"), "range": interval(low, high, "%")}
    if found.subject.gain:
        return _("of whom %(n)s in 100 (%(range)s) stayed who would otherwise have left") % values
    return _("of whom %(n)s in 100 (%(range)s) left who would otherwise have stayed") % values


def value_note(found: Value) -> str:
    """What stands behind the sentence."""
    words = [
        _("Left: no sign of being active in the %(days)s days after, or notice given. 95 %% interval by customer.")
        % {"days": found.days}
    ]
    if found.part > 1:
        words.append(_("One in %(part)s customers was compared, drawn at random.") % {"part": found.part})
    words.append(unsigned_note(found.finance, "active", "lost", "margin", "discount", "horizon", "cost_per_contact"))
    return " ".join(word for word in words if word)


def assumptions(found: Value) -> tuple[str, ...]:
    """Every assumption behind the money, each once."""
    said: list[str] = []
    for part in (found.money.revenue.result, found.money.service.result):
        if isinstance(part, Estimate):
            said += part.assumptions
    if isinstance(found.money.revenue.result, Estimate):
        said.append(
            _(
                "compared are customers to whom it happened within %(days)s days of a sign of being active; the others "
                "it happened to leave alike"
            )
            % {"days": 30}
        )
    return tuple(dict.fromkeys(said))


def p_words(p: float | NoVerdict) -> str:
    """The log-rank test in words."""
    if isinstance(p, NoVerdict):
        return p.message
    if p < 0.001:
        return _("The two groups leave differently (log-rank p under 0.001).")
    if p < 0.05:
        return _("The two groups leave differently (log-rank p = %s).") % f"{p:.3f}"
    return _("The two groups could leave alike (log-rank p = %s).") % f"{p:.2f}"
