"""Measures, outcomes and guideposts by name, for the search in the page's head."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from headwater.base.permissions import allows
from headwater.insight.named import Named
from headwater.strategy import strategies
from headwater.strategy.models import Measure

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from headwater.base.models import Person


def named(person: "Person | AnonymousUser | None") -> Iterable[Named]:
    """What of the strategy this person may see by name: published outcomes, and measures in use."""
    if allows(person, "view", "strategy", words_of="own"):
        address = reverse("strategy")
        for outcome in strategies.current().outcomes:
            yield Named(_("outcome"), outcome.text, f"{address}#{outcome.id}", _("year %d") % outcome.year)
    if allows(person, "view", "measures", words_of="own"):
        for slug, name, question in Measure.objects.filter(retired_at=None).values_list("slug", "name", "question"):
            yield Named(_("measure"), name, reverse("measure", args=[slug]), question)
