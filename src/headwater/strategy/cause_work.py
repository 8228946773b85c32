"""What the strategy holds against a cause: outcomes and issues that name it, and requests that were traced to it."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.base.permissions import allows, widest_scope
from headwater.insight.tried import Tried
from headwater.journey.queries import taxonomy
from headwater.strategy import strategies
from headwater.strategy.requests import requests_of, understanding_of

LATEST = 200
"""So many of the latest requests are looked through."""


def tried(person: Person | None, cause_id: str) -> Iterable[Tried]:
    """Of what this person may see: outcomes and issues of the published strategy, and requests."""
    known = taxonomy()
    if allows(person, "view", "strategy", words_of="own"):
        strategy, address = strategies.current(), reverse("strategy")
        for outcome in strategy.outcomes:
            if cause_id in map(known.resolve, outcome.causes):
                yield Tried(_("outcome"), outcome.text, f"{address}#{outcome.id}", _("year %d") % outcome.year)
        for issue in strategy.issues:
            if cause_id in map(known.resolve, issue.causes):
                yield Tried(_("issue"), issue.text, f"{address}#{issue.id}")
    if widest_scope(person, "view", "requests"):
        for request in requests_of(person)[:LATEST]:
            if cause_id in (known.resolve(guess.id) for guess in understanding_of(request).causes):
                href = reverse("request", args=[request.pk])
                yield Tried(_("request"), request.text, href, request.get_state_display())
