"""When somebody last looked at a measure or a pinned chart: from the page-view log, by thing instead of by page."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Max
from django.utils import timezone

from headwater.base import pageviews
from headwater.base.models import PageView, Person


def note_look(person: Person, *things: str) -> None:
    """Note that a person sees these things now: ``measure:SLUG``, ``pin:ID``."""
    for thing in things:
        pageviews.note(person.pk, thing)


def last_looks(things: Iterable[str]) -> dict[str, date]:
    """The day each thing was last seen by anyone; what nobody saw is left out."""
    rows = PageView.objects.filter(route__in=list(things)).values("route").annotate(last=Max("at"))
    return {row["route"]: timezone.localtime(row["last"]).date() for row in rows}
