"""Who answers for a metric, and what a leader does when it moves: the company's own words beside the definition."""

from dataclasses import dataclass
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from headwater.base.history import record_history
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import Conflict, Refused
from headwater.metrics.estimates import definition_of
from headwater.metrics.models import MetricCard

MOST_WORDS: Final = 2000


@dataclass(frozen=True, slots=True)
class Card:
    """``action`` is what the company wrote, else what the definition suggests. ``edition`` is 0 before the first."""

    metric: str
    owner: Person | None
    action: str
    edition: int
    own_words: bool


def card_of(metric: str) -> Card:
    """The card of a metric; refuses (404) one that does not exist."""
    definition = definition_of(metric)
    row = MetricCard.objects.select_related("owner").filter(metric=metric).first()
    if row is None:
        return Card(metric, None, str(definition.action), 0, False)
    return Card(metric, row.owner, row.action or str(definition.action), row.edition, bool(row.action))


def write_card(actor: Person | None, metric: str, *, owner: int | None, action: str, seen: int) -> Card:
    """Say who answers for a metric and what is done when it moves; the same said again changes nothing.

    ``seen`` is the edition that was read: another since is refused (409). Empty words are those of the definition.
    """
    require(actor, "edit", "measures")
    definition, words = definition_of(metric), action.strip()
    if len(words) > MOST_WORDS:
        message = _("That is %(n)d characters long; %(most)d are kept. Say it in fewer words.")
        raise Refused("too_long", message % {"n": len(words), "most": MOST_WORDS}, "action")
    person = _person(owner)
    words = "" if words == str(definition.action) else words
    with transaction.atomic():
        row = MetricCard.objects.select_for_update().filter(metric=metric).first()
        if (row.edition if row else 0) != seen:
            raise _overtaken()
        if row and (row.owner_id, row.action) == (owner, words):
            return card_of(metric)
        try:
            with transaction.atomic():
                row = row or MetricCard(metric=metric, edition=0)
                row.owner, row.action, row.edition = person, words, row.edition + 1
                row.save()
        except IntegrityError as error:
            raise _overtaken() from error
        said = {"title": str(definition.title), "owner": person.name if person else "–", "action": words[:300] or "–"}
        record_history(actor, "metric.card_changed", f"metric:{metric}", said)
    return card_of(metric)


def clear() -> None:
    """Forget what the sample company said of its metrics."""
    MetricCard.objects.all().delete()


def _person(owner: int | None) -> Person | None:
    if owner is None:
        return None
    person = Person.objects.filter(pk=owner, is_active=True).first()
    if person is None:
        raise Refused("person_unknown", _("There is no active person %(id)d; choose one.") % {"id": owner}, "owner")
    return person


def _overtaken() -> Conflict:
    return Conflict("overtaken", _("Somebody has changed this meanwhile. Look at it, then say yours again."))
