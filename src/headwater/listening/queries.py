"""What pages, API and checks ask of this room."""

from dataclasses import dataclass

from django.db.models import Count, Max, QuerySet
from django.utils.translation import gettext as _

from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound
from headwater.listening.models import Import, ImportState, InboxBatch, SetAsideRow, SetAsideState, Source


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """A source with how much came from it."""

    source: Source
    imports: int
    last_import_id: int | None


@dataclass(frozen=True, slots=True)
class InboxState:
    """What waits in the inbox, for `headwater check`."""

    batches: int
    rows: int
    claimed: int


def imports(person: Person | None, *, limit: int = 50, before: int | None = None) -> list[Import]:
    """The latest imports, newest first."""
    require(person, "import", "signals")
    found = Import.objects.select_related("source", "person").order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[:limit])


def import_of(person: Person | None, pk: int) -> Import:
    """One import. Raises NotFound."""
    require(person, "import", "signals")
    found = Import.objects.select_related("source", "person").filter(pk=pk).first()
    if found is None:
        raise NotFound("no_such_import", _("There is no import %s.") % pk, field="import_id")
    return found


def set_aside_rows(person: Person | None, arrival: Import, code: str = "") -> QuerySet[SetAsideRow]:
    """The rows of an import that are still set aside, in the order of the file."""
    require(person, "import", "signals")
    rows = SetAsideRow.objects.filter(arrival=arrival, state=SetAsideState.OPEN)
    return rows.filter(code=code) if code else rows


def sources(person: Person | None) -> list[SourceSummary]:
    """Every source, by name."""
    require(person, "import", "signals")
    counted = Source.objects.annotate(number=Count("imports"), last=Max("imports__pk")).order_by("name")
    return [SourceSummary(one, one.number, one.last) for one in counted]


def source_of(person: Person | None, name: str) -> Source:
    """One source. Raises NotFound."""
    require(person, "import", "signals")
    found = Source.objects.filter(name=name).first()
    if found is None:
        raise NotFound("no_such_source", _("There is no source %s.") % name, field="source")
    return found


def inbox_state() -> InboxState:
    """How much is acknowledged and not yet in the record."""
    rows = list(InboxBatch.objects.values_list("rows", "transaction"))
    return InboxState(len(rows), sum(size for size, _t in rows), sum(claim is not None for _r, claim in rows))


def running_imports() -> int:
    """Imports that are being read at the moment, or were when their process ended."""
    return Import.objects.filter(state__in=(ImportState.READING, ImportState.WAITING)).count()
