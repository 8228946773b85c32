"""What an experience is worth: customers who left because of it, contacts that it brought, and gains alike.

Revenue at risk is customers affected · extra probability of leaving · margin, never plain churn: some would have left
anyway. The extra probability is doubly robust, among the affected, within month, segment, tenure and frequency. Nothing
is told in money without an interval and its assumptions, and nothing about leaving where hardly anybody comes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import ceil
from typing import Final, Literal

import numpy as np
from django.utils.translation import gettext as _

from headwater import science
from headwater.base.refusals import NotFound, Refused
from headwater.insight.assets import attributes, custom_of, total_worth
from headwater.insight.finance import FinanceFigures, figures
from headwater.insight.happened import happened
from headwater.insight.selection import Selection
from headwater.insight.value_rules import (
    SELDOM,
    Factor,
    Sum,
    by_bucket,
    cost_of_contacts,
    effect_of,
    summed,
    years_of,
)
from headwater.journey.queries import taxonomy
from headwater.journey.taxonomy import Taxonomy
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, Term, equals, every, parse
from headwater.record.questions import (
    Affected,
    AffectedRow,
    Custom,
    Experience,
    ExperienceCell,
    Returning,
    ReturningAnswer,
    Span,
    StayRow,
    Stays,
    Sums,
)
from headwater.science.effects import Effect
from headwater.science.results import Estimate, NoVerdict, Result
from headwater.science.survival import SurvivalCurve

Kind = Literal["cause", "moment", "failures"]
WINDOW: Final = 30
"""Days after a sign of being active in which the experience must come to be compared."""
LOOKED_AT: Final = 200_000
"""So many customers are compared at most; of more, whole buckets are drawn."""
MOST_SAMPLED: Final = 20
SEGMENT: Final = "segment"
YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Subject:
    """What is valued: a cause, a moment that went wrong (or right: ``gain``), or every failure that events show.

    ``happened`` says whether events show it; else customers' words do, and those who kept silent are not known."""

    kind: Kind
    id: str
    name: str
    experience: Filter
    gain: bool = False
    happened: bool = False


@dataclass(frozen=True, slots=True)
class Staying:
    """How long customers stayed, by whether it happened to them soon after they came; ``p`` of the log-rank test."""

    curves: Mapping[bool, SurvivalCurve]
    p: float | NoVerdict
    customers: Mapping[bool, int]


@dataclass(frozen=True, slots=True)
class Value:
    """What a subject is worth. ``affected`` is how many customers it happened to; ``leaving``, ``spending`` and
    ``referring`` what it did to each (a probability, money and referrals in the days that make a customer lost).

    ``orders`` and ``stake`` are what it struck itself: order values, whether or not anybody left. ``money`` is the
    whole; for a gain, what is kept. ``part``: one in so many customers was compared.
    """

    subject: Subject
    finance: FinanceFigures
    custom: Custom
    returning: ReturningAnswer
    affected: int
    compared: int
    leaving: Result
    effect: Effect | NoVerdict
    spending: Result
    referring: Result
    orders: int
    stake: Result
    contacts: Result
    money: Sum
    staying: Staying | NoVerdict
    adjusted: str
    part: int
    since: date | None
    until: date | None

    @property
    def seldom(self) -> bool:
        """Whether hardly anybody ever comes back, so that nothing can be said of leaving."""
        return is_seldom(self.returning)

    @property
    def days(self) -> int:
        """The days over which what followed was counted."""
        return self.custom.lost_days


def value_of(
    selection: Selection | None = None,
    *,
    cause: str = "",
    moment: str = "",
    gain: bool = False,
    adjust: str | None = None,
    chosen: Mapping[Factor, float] | None = None,
) -> Value | NoVerdict:
    """Answer what a cause, a moment or (with neither) all failures of this selection are worth.

    The selection's filter narrows customers, affected and spared alike, such as to a segment. ``adjust`` names the
    attribute within which they are compared (by default ``segment``, where there is one); ``chosen`` sets assumptions.
    """
    selection = selection or Selection()
    known, finance = taxonomy(), figures()
    subject = subject_of(known, cause=cause, moment=moment, gain=gain)
    custom = custom_of(finance)
    span = company_record().ask(Span())
    if isinstance(custom, NoVerdict):
        return custom
    if span.last_day is None:
        return NoVerdict("nothing", _("Nothing has arrived yet."))
    adjusted = _adjusted(adjust, custom)
    returning = company_record().ask(Returning(custom, selection.filter()))
    part = min(max(ceil(returning.customers / LOOKED_AT), 1), MOST_SAMPLED)
    asked = Experience(
        custom=custom,
        experience=every(subject.experience, selection.filter()) or subject.experience,
        until=span.last_day,
        since=selection.since,
        window=WINDOW,
        segment=adjusted or None,
        referral=_referrals(finance),
        every=part,
        among=selection.filter(),
    )
    cells = _until(company_record().ask(asked), selection.until)
    struck = company_record().ask(Affected(custom, asked.experience, selection.since, selection.until))
    effect = _seldom(returning) if is_seldom(returning) else effect_of(cells, "left")
    leaving = effect if isinstance(effect, NoVerdict) else effect.result
    affected = sum(row.customers for row in struck)
    contacts = _contacts(subject, selection)
    factors = _factors(finance, custom, cells, affected, leaving, contacts, selection, subject)
    return Value(
        subject=subject,
        finance=finance,
        custom=custom,
        returning=returning,
        affected=affected,
        compared=sum(cell.n for cell in cells if cell.affected),
        leaving=leaving,
        effect=effect,
        spending=_each(cells, "spent"),
        referring=_each(cells, "referrals") if asked.referral else _no_referral(),
        orders=sum(row.orders for row in struck),
        stake=_stake(struck),
        contacts=contacts,
        money=summed(factors, chosen),
        staying=staying(asked),
        adjusted=adjusted,
        part=part,
        since=selection.since,
        until=selection.until,
    )


def subject_of(known: Taxonomy, *, cause: str = "", moment: str = "", gain: bool = False) -> Subject:
    """What is asked about; refuses what the journey does not know."""
    if cause:
        found = known.cause(known.resolve(cause))
        if found is None:
            raise NotFound("value.cause", _("There is no cause “%s” in the journey.") % cause[:60])
        if found.events:
            return Subject(
                "cause", found.id, found.name, Filter(Among(Term("text", "event"), found.events)), False, True
            )
        return Subject("cause", found.id, found.name, equals("cause", found.id))
    if moment:
        one = known.moment(moment)
        if one is None:
            raise NotFound("value.moment", _("There is no moment “%s” in the journey.") % moment[:60])
        went = parse("score_band = 1") if gain else parse("negative")
        return Subject("moment", one.id, one.name, every(equals("moment", one.id), went) or went, gain)
    if gain:
        message = _("A gain is asked about a moment that went right. Choose the moment.")
        raise Refused("value.gain", message, "moment")
    events = tuple(event for one in known.active_causes if one.demand == "failure" for event in one.events)
    shown = Filter(Among(Term("text", "event"), tuple(dict.fromkeys(events)))) if events else parse("negative")
    return Subject("failures", "", _("Any failure"), shown, False, bool(events))


def is_seldom(returning: ReturningAnswer) -> bool:
    """Whether hardly anybody ever comes back."""
    return returning.again < SELDOM * max(returning.customers, 1)


def staying(asked: Experience) -> Staying | NoVerdict:
    """Survival curves of those to whom it happened soon after they came and of those to whom it did not."""
    rows = company_record().ask(
        Stays(asked.custom, asked.experience, asked.until, asked.since, asked.window, asked.every, asked.among)
    )
    groups = {side: [row for row in rows if row.affected is side] for side in (False, True)}
    found = {side: _curve(own) for side, own in groups.items()}
    missing = next((one for one in found.values() if isinstance(one, NoVerdict)), None)
    if missing is not None:
        return missing
    spread = {str(side): _spread(own) for side, own in groups.items()}
    curves = {side: one for side, one in found.items() if isinstance(one, SurvivalCurve)}
    return Staying(curves, science.log_rank(spread), {side: one.n for side, one in curves.items()})


def _adjusted(asked: str | None, custom: Custom) -> str:
    if asked is None:
        return SEGMENT if SEGMENT in attributes(custom) else ""
    return asked


def _referrals(finance: FinanceFigures) -> tuple[str, ...]:
    found = finance.definition("referral")
    return found.events if found else ()


def _until(cells: tuple[ExperienceCell, ...], until: date | None) -> tuple[ExperienceCell, ...]:
    return tuple(cell for cell in cells if until is None or cell.month <= until)


def _seldom(returning: ReturningAnswer) -> NoVerdict:
    message = _(
        "%(again)s of %(customers)s customers bought again: those to whom nothing happened hardly ever come back "
        "either, so nothing is claimed about leaving."
    ) % {"again": f"{returning.again:,}", "customers": f"{returning.customers:,}"}
    return NoVerdict("seldom", message, returning.customers)


def _no_referral() -> NoVerdict:
    return NoVerdict(
        "no_referral", _("No event shows that a customer brought another, so nothing is claimed about it.")
    )


def _each(cells: tuple[ExperienceCell, ...], outcome: Literal["spent", "referrals"]) -> Result:
    """What it did to each customer, on average."""
    found = effect_of(cells, outcome)
    return found if isinstance(found, NoVerdict) else found.result


def _stake(struck: tuple[AffectedRow, ...]) -> Result:
    """The order values struck, with an interval by customer."""
    if not any(row.orders for row in struck):
        return NoVerdict("no_orders", _("No order is tied to it by a common subject."))
    amounts = by_bucket((row.bucket, row.amount) for row in struck)
    return total_worth(amounts, by_bucket((row.bucket, row.orders) for row in struck))


def _contacts(subject: Subject, selection: Selection) -> Result:
    """Contacts that followed from it, where events show it; else those whose words name it."""
    if subject.gain:
        return NoVerdict("gain", _("A moment that goes right brings no contacts."))
    if not subject.happened:
        said = company_record().ask(Sums((), _said(subject, selection), selection.since, selection.until, buckets=True))
        n = sum(row.n for row in said.rows)
        return science.rate(n, 1.0) if n else NoVerdict("no_contacts", _("Nobody got in touch about it."))
    found = happened(selection, outcome="contact")
    if subject.kind == "cause":
        own = found.of(subject.id)
        return own.outcomes if own else NoVerdict("too_rare", _("It happened too rarely to say what followed."))
    return (
        found.total if isinstance(found.total, NoVerdict) else science.product({"n": found.n, "s": found.total}).result
    )


def _said(subject: Subject, selection: Selection) -> Filter | None:
    """Contacts whose words name it; of all failures together those that complain, as long as no event shows one."""
    if subject.kind == "failures":
        named = None if subject.happened else subject.experience
    else:
        named = equals(subject.kind, subject.id)
    return every(every(equals("kind", "contact"), named), selection.filter())


def _cost(finance: FinanceFigures, subject: Subject, selection: Selection) -> Result:
    """What one contact costs; where channels differ, by the channels that customers used for it."""
    if not finance.channels:
        return finance.cost_per_contact
    asked = Sums(("channel",), _said(subject, selection), selection.since, selection.until)
    contacts: dict[str, int] = {}
    for row in company_record().ask(asked).rows:
        name = row.group["channel"] or ""
        contacts[name] = contacts.get(name, 0) + row.n
    return cost_of_contacts({name: finance.amount("cost_per_contact", name) for name in contacts}, contacts)


def _factors(
    finance: FinanceFigures,
    custom: Custom,
    cells: tuple[ExperienceCell, ...],
    affected: int,
    leaving: Result,
    contacts: Result,
    selection: Selection,
    subject: Subject,
) -> dict[Factor, Result]:
    if subject.gain and isinstance(leaving, Estimate):
        leaving = replace(leaving, estimate=-leaving.estimate, low=-leaving.high, high=-leaving.low)
    exactly = Estimate(float(affected), float(affected), float(affected), affected, "counted")
    return {
        "affected": exactly if affected else NoVerdict("nobody", _("It happened to nobody in this selection.")),
        "leaving": leaving,
        "margin": _margin(finance, custom, cells),
        "years": years_of(finance.discount, finance.horizon),
        "contacts": contacts,
        "cost": contacts if isinstance(contacts, NoVerdict) else _cost(finance, subject, selection),
    }


def _margin(finance: FinanceFigures, custom: Custom, cells: tuple[ExperienceCell, ...]) -> Result:
    """Margin of a customer and year; from that of an order, by how often customers to whom it did not happen order."""
    if finance.margin_basis == "customer_year":
        return finance.margin
    spared = [cell for cell in cells if not cell.affected]
    orders = by_bucket((cell.bucket, cell.returns * YEAR / custom.lost_days) for cell in spared)
    customers = by_bucket((cell.bucket, cell.n) for cell in spared)
    if not customers.sum():
        return NoVerdict("no_customers", _("No customer could be followed to see how often they order."))
    return science.product({"orders": science.ratio(orders, customers), "margin": finance.margin}).result


def _curve(rows: list[StayRow]) -> SurvivalCurve | NoVerdict:
    if not rows:
        return NoVerdict("nobody", _("Nobody to compare."))
    columns = ([row.weeks for row in rows], [row.left for row in rows])
    return science.kaplan_meier(*columns, counts=[row.n for row in rows])


def _spread(rows: list[StayRow]) -> tuple[list[int], list[bool]]:
    """One entry a customer, as the test takes them."""
    counts = [row.n for row in rows]
    weeks, left = np.repeat([row.weeks for row in rows], counts), np.repeat([row.left for row in rows], counts)
    return weeks.tolist(), left.tolist()
