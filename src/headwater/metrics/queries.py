"""What the metrics ask the record."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext as _

from headwater.base.refusals import Refused
from headwater.metrics.definitions import MetricDefinition
from headwater.metrics.rules import Cells, cells
from headwater.metrics.store import company_record
from headwater.record.filters import Among, Filter, FilterError, Term, every, parse
from headwater.record.questions import Sums
from headwater.record.views import UnknownDimension

MAX_DIMENSIONS = 4
MAX_GROUPS = 5_000


def ask_cells(
    definition: MetricDefinition, by: Sequence[str], where: str | Filter | None, since: date | None, until: date | None
) -> Cells:
    """Sums of the metric's population by group and customer bucket. Refuses what cannot be asked."""
    if len(by) > MAX_DIMENSIONS or len(set(by)) < len(by):
        message = _("Group by up to %(most)d different dimensions, not by %(given)s.")
        raise Refused("dimensions", message % {"most": MAX_DIMENSIONS, "given": ", ".join(by)}, "by")
    if since and until and since > until:
        message = _("The period ends on %(until)s, before it begins on %(since)s.")
        raise Refused("period_backwards", message % {"since": since, "until": until}, "until")
    question = Sums(
        by=(*by, "bucket"),
        where=every(_population(definition), _read(where)),
        since=since,
        until=until,
        metric=definition.name if definition.scored else None,
    )
    try:
        found = cells(company_record().ask(question).rows, by)
    except UnknownDimension as error:
        raise Refused("dimension_unknown", str(error), "by") from error
    if len(found.groups) > MAX_GROUPS:
        message = _("%(by)s makes more than %(most)d groups; add a filter or choose a coarser dimension.")
        raise Refused("too_many_groups", message % {"by": ", ".join(by), "most": MAX_GROUPS}, "by")
    return found


def _population(definition: MetricDefinition) -> Filter | None:
    return Filter(Among(Term("text", "kind"), definition.population)) if definition.population else None


def _read(where: str | Filter | None) -> Filter | None:
    if isinstance(where, Filter):
        return where
    if where is None or not where.strip():
        return None
    try:
        return parse(where)
    except FilterError as error:
        raise Refused("bad_filter", str(error), "where") from error
