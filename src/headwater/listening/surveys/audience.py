"""Whom a mailing is for: customers of the record, or everybody with an address; counted, and read as they are drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.utils import timezone
from django.utils.translation import gettext as _

import headwater.science as hs
from headwater.base.company import company
from headwater.base.refusals import Refused
from headwater.listening.models import Addressee
from headwater.listening.surveys.mailing_rules import zone_of
from headwater.listening.surveys.sampling import Suggested, nps_variance, suggest
from headwater.metrics.access import require_shareable
from headwater.metrics.definitions import METRICS
from headwater.metrics.store import company_record
from headwater.record.filters import equals, parse
from headwater.record.questions import AudienceMembers, AudienceSize, Invited, Member, People, Sums
from headwater.science.results import Estimate, NoVerdict, Result

if TYPE_CHECKING:
    from headwater.base.models import Person
    from headwater.listening.models import Survey
    from headwater.listening.surveys.document import Document
    from headwater.listening.surveys.mailing_rules import Audience, Plan

PAGE: Final = 1_000
NARROWEST, WIDEST = 0.01, 200.0
"""Half widths of an interval that a sample is suggested for, in the metric's unit."""
MOST_COUNTED: Final = 20_000
"""Customers whose addresses are looked up to say how many have one; of larger audiences the share of these counts."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many customers an audience has, and how many of them an address; ``exact`` unless there are very many.

    ``levels``: the customers by value of the segment, "" where it is not known.
    """

    customers: int
    with_address: int
    exact: bool
    levels: Mapping[str, int]


def require_usable(person: Person | None, audience: Audience) -> None:
    """Refuse an audience that reads words, or singles out a customer, for everybody to see it in the plan."""
    for field, text in (("customers", audience.customers), ("signals", audience.signals)):
        try:
            require_shareable(person, parse(text) if text else None)
        except Refused as refused:
            refused.field = field
            raise
    people_of(audience)


def people_of(audience: Audience) -> People:
    """The audience as a question of the record; its days end today in the company's time zone."""
    since = None
    if audience.days is not None:
        ours = company()
        today = timezone.now().astimezone(zone_of(ours.time_zone if ours else "", "UTC")).date()
        since = today - timedelta(days=audience.days - 1)
    try:
        customers = parse(audience.customers) if audience.customers else None
        signals = parse(audience.signals) if audience.signals else None
        return People(customers, signals, since, None, audience.without)
    except ValueError as error:
        raise Refused("audience.filter", str(error), "customers") from error


def size_of(audience: Audience, segment: str = "") -> Size:
    """Count an audience. The permission and the filters are the caller's to check."""
    if audience.is_everybody:
        reached = Addressee.objects.exclude(email="").count()
        levels = _levels(People(), segment) if segment else {}
        return Size(Addressee.objects.count(), reached, True, levels)
    people = people_of(audience)
    levels = _levels(people, segment)
    customers = sum(levels.values())
    first = company_record().ask(AudienceMembers(people, 0, limit=MOST_COUNTED))
    with_address = len(addressees_of([one.customer_id for one in first]))
    if customers > len(first):
        return Size(customers, round(with_address / max(1, len(first)) * customers), False, levels)
    return Size(customers, with_address, True, levels)


def _levels(people: People, segment: str) -> dict[str, int]:
    return {row.level or "": row.n for row in company_record().ask(AudienceSize(people, segment or None))}


def addressees_of(customer_ids: list[str]) -> dict[str, Addressee]:
    """Those of the customers that have an e-mail address."""
    found: dict[str, Addressee] = {}
    for start in range(0, len(customer_ids), PAGE):
        rows = Addressee.objects.filter(customer_id__in=customer_ids[start : start + PAGE]).exclude(email="")
        found |= {row.customer_id: row for row in rows}
    return found


def pages(plan: Plan, after: str = "") -> Iterator[tuple[Member, ...]]:
    """The customers of a plan's audience in the order of its draw, in pages, from after the place ``after`` on."""
    if plan.audience.is_everybody:
        yield from _everybody(plan, after)
        return
    people = people_of(plan.audience)
    while True:
        asked = AudienceMembers(people, plan.sample.seed, after, plan.copied, limit=PAGE)
        page = company_record().ask(asked)
        if page:
            yield page
            after = page[-1].draw
        if len(page) < PAGE:
            return


def _everybody(plan: Plan, after: str) -> Iterator[tuple[Member, ...]]:
    """Everybody with an address, drawn as the record draws: by the MD5 of seed and id. Not all are in the record."""
    ids = Addressee.objects.exclude(email="").values_list("customer_id", flat=True)
    drawn = sorted((place_in_draw(plan.sample.seed, one), one) for one in ids.iterator())
    rest = [one for one in drawn if one[0] > after]
    for start in range(0, len(rest), PAGE):
        page = rest[start : start + PAGE]
        known = attributes_of([one for _draw, one in page], plan.copied)
        yield tuple(Member(one, draw, known.get(one, {})) for draw, one in page)


def place_in_draw(seed: int, customer_id: str) -> str:
    """A customer's place in the draw of a seed, as :class:`AudienceMembers` has it."""
    return hashlib.md5(f"{seed}:{customer_id}".encode(), usedforsecurity=False).hexdigest()


def attributes_of(customer_ids: list[str], names: tuple[str, ...]) -> dict[str, Mapping[str, str]]:
    """What the record knows of these customers."""
    if not names or not customer_ids:
        return {}
    asked = AudienceMembers(People(), 0, "", names, tuple(customer_ids), limit=len(customer_ids))
    return {one.customer_id: one.attributes for one in company_record().ask(asked)}


# --- how many to ask


def first_metric(document: Document) -> tuple[str, str] | None:
    """The metric of the first question that is scored, and its id; None where nothing is."""
    question = next((one for one in document.questions if one.kind in METRICS), None)
    return (question.kind, question.id) if question else None


def expected_response(survey: Survey) -> Result | None:
    """Which share answered: of this survey's invitations where there were 30, else of all; None without any."""
    of_survey = equals("attribute:survey", survey.name)
    for where in (of_survey, None):
        row = next(iter(company_record().ask(Invited(where=where))), None)
        if row is not None and row.asked >= 30:
            return hs.proportion(row.answered, row.asked)
    return None


def variance_of(metric: str) -> float:
    """How much one answer's score varies, in its own unit squared: in the record, else at most."""
    definition = METRICS[metric]
    row = next(iter(company_record().ask(Sums((), None, metric=metric)).rows), None)
    scored = row.scored if row else 0
    if definition.kind == "nps":
        shares = (row.top / scored, row.low / scored) if row and scored >= 30 else (None, None)
        return nps_variance(*shares) * 100**2
    if definition.kind == "share":
        top = row.top / scored if row and scored >= 30 else 0.5
        return top * (1 - top)
    if row and scored >= 30:
        return max(0.0, row.score_sumsq / scored - (row.score_sum / scored) ** 2)
    return (((definition.highest or 0) - (definition.lowest or 0)) / 2) ** 2


def suggested(survey: Survey, document: Document, half_width: float, population: int) -> Suggested | NoVerdict:
    """How many to ask so that the interval of the survey's first metric is ``half_width`` to either side."""
    found = first_metric(document)
    if found is None:
        return NoVerdict("no_score", _("This survey has no scored question whose interval could be aimed at."))
    if population < 1:
        return NoVerdict("nobody", _("This audience has nobody with an address."))
    response = expected_response(survey)
    return suggest(half_width, variance_of(found[0]), population, response if isinstance(response, Estimate) else None)
