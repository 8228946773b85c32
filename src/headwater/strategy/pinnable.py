"""Which pages have a chart that can be pinned, and how that chart is drawn again from the page's address.

A page is known by its url name: :data:`PAGES` maps it to a function that draws the chart as this person may see it now.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.http import QueryDict
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _

from headwater.base.charts import Row, Spec, interval_rank
from headwater.base.models import Person
from headwater.base.permissions import require
from headwater.base.refusals import NotFound, Refused
from headwater.insight import charts as insight_charts
from headwater.insight.causes import CauseFigures, causes
from headwater.insight.scorecards import scorecards
from headwater.insight.scorecards_wording import scorecards_sentence
from headwater.insight.selection import Selection
from headwater.insight.wording import cause_sentence, causes_sentence
from headwater.journey.queries import taxonomy
from headwater.metrics.access import IDENTITIES, WORDS, require_askable
from headwater.metrics.estimates import read_filter
from headwater.metrics.forms import MetricForm
from headwater.metrics.queries import Asked, metric_page, unit_of
from headwater.record.filters import NAMED, Filter
from headwater.science import Estimate
from headwater.strategy import measure_charts, measure_wording, measures

MAX_ADDRESS: Final = 2500


@dataclass(frozen=True, slots=True)
class PinnedPage:
    """A page's chart: ``chart`` is None where it has nothing to draw today."""

    address: str
    title: str
    sentence: str
    chart: Spec | None
    note: str = ""


Draw = Callable[[Person, Mapping[str, Any], QueryDict], PinnedPage]


def pinned_page(person: Person, address: str) -> PinnedPage:
    """The chart behind an address of this product, drawn now. Refuses what is no page with a chart."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        match = resolve(parts.path)
    except (Resolver404, ValueError):  # urlsplit raises for hosts that are none
        raise _no_page(address) from None
    if len(address) > MAX_ADDRESS or parts.scheme or parts.netloc or not address.isprintable():
        raise _no_page(address)
    draw = PAGES.get(match.url_name or "")
    if draw is None:
        message = _(
            "This page has no chart to pin. Pin a metric, a cause, the list of causes, the scorecards or a measure."
        )
        raise Refused("pin.no_chart", message, "address")
    chosen = QueryDict(parts.query, mutable=True)
    page = draw(person, match.kwargs, chosen)
    query = f"?{parts.query}" if parts.query else ""
    return PinnedPage(f"{parts.path}{query}", page.title[:160], page.sentence, page.chart, page.note)


def _no_page(address: str) -> Refused:
    return Refused("pin.address", _("“%s” is no page of Headwater.") % address[:80], "address")


def measure_of(address: str) -> str:
    """The slug of the measure whose page an address is; empty for any other page."""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return ""
    return str(match.kwargs["slug"]) if match.url_name == "measure" else ""


def _metric(person: Person, named: Mapping[str, Any], chosen: QueryDict) -> PinnedPage:
    require(person, "view", "figures")
    form = MetricForm(chosen)
    if not form.is_valid():
        said = " ".join(str(error) for errors in form.errors.values() for error in errors)
        raise Refused("pin.choice", said, "address")
    asked = Asked(**form.cleaned_data)
    require_askable(person, [asked.by], read_filter(asked.where))
    _refuse_singling_out(read_filter(asked.where), asked.by)
    page = metric_page(named["name"], asked)
    title = str(page.definition.title)
    if asked.by:
        title = _("%(metric)s by %(dimension)s") % {"metric": title, "dimension": asked.by}
    return PinnedPage("", title, page.sentence, page.groups or page.trend, page.note)


def _selection(person: Person, chosen: QueryDict) -> Selection:
    read = {name: chosen.get(name, "") for name in ("where", "since", "until")}
    selection = Selection.read(**read)
    require_askable(person, (), selection.filter())
    _refuse_singling_out(selection.filter())
    return selection


def _refuse_singling_out(where: Filter | None, by: str = "") -> None:
    """A board keeps an address where others read it: one that names a customer or words stays out."""
    named = {by} | {term.name for term in (where.terms() if where else ()) if term.kind not in NAMED}
    if named & (IDENTITIES | WORDS):
        message = _("This choice names one customer or their words, which do not belong on a board. Widen the filter.")
        raise Refused("pin.singles_out", message, "address")


def _causes(person: Person, named: Mapping[str, Any], chosen: QueryDict) -> PinnedPage:
    require(person, "view", "figures")
    selection = _selection(person, chosen)
    answer = causes(selection)
    chart = insight_charts.cause_shares(answer.complaints, selection) if answer.complaints else None
    return PinnedPage("", _("Causes of complaints"), causes_sentence(answer), chart)


def _cause(person: Person, named: Mapping[str, Any], chosen: QueryDict) -> PinnedPage:
    require(person, "view", "figures")
    selection = _selection(person, chosen)
    cause = taxonomy().cause(named["cause_id"])
    if cause is None:
        raise NotFound("cause_unknown", _("There is no cause “%s” in the journey.") % named["cause_id"])
    answer = causes(selection, trends=True)
    figures = answer.of(cause.id) or CauseFigures.nothing(cause, answer.negatives)
    return PinnedPage("", cause.name, cause_sentence(figures), insight_charts.cause_trend(figures))


def _scorecards(person: Person, named: Mapping[str, Any], chosen: QueryDict) -> PinnedPage:
    """The card across the experience: one shared score a stage, in the order of the journey."""
    require(person, "view", "figures")
    found = scorecards(_selection(person, chosen))
    rows = [
        Row(card.stage.name, card.score.estimate, card.score.low, card.score.high, n=card.score.n)
        for card in found.stages
        if isinstance(card.score, Estimate)
    ]
    title = _("%(metric)s by stage, across the experience") % {"metric": found.metric.title}
    chart = interval_rank(rows, unit=unit_of(found.metric), description=title) if rows else None
    return PinnedPage("", title, scorecards_sentence(found), chart)


def _measure(person: Person, named: Mapping[str, Any], chosen: QueryDict) -> PinnedPage:
    require(person, "view", "measures")
    view = measures.measure(named["slug"])
    return PinnedPage("", view.measure.name, measure_wording.measure_sentence(view), measure_charts.chart(view))


PAGES: Final[Mapping[str, Draw]] = {
    "metric": _metric,
    "causes": _causes,
    "cause": _cause,
    "scorecards": _scorecards,
    "measure": _measure,
}
