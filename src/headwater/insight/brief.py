"""What an executive should know, in one screen of a terminal."""

import textwrap
from collections.abc import Iterable

from django.utils.translation import gettext as _

from headwater.base.company import company
from headwater.base.figures import interval, measure
from headwater.insight.forest import Forest, StageCard, forest
from headwater.insight.selection import Selection
from headwater.insight.verbatims import verbatim_page
from headwater.insight.wording import forest_note, forest_sentence, listed, share_with_interval
from headwater.metrics.queries import unit_of
from headwater.metrics.store import company_record
from headwater.record.questions import Size
from headwater.science.results import Estimate

WIDTH = 78
CAUSES = 6


def lines(selection: Selection) -> list[str]:
    """Return the brief, at most some thirty lines of at most 78 characters."""
    found = forest(selection)
    ours = company()
    head = [
        (ours.name if ours else "Headwater")
        + (_(" (sample: every figure is made up)") if ours and ours.is_sample else "")
    ]
    if not found.span.signals:
        return [*head, "", _("The record is empty. Load a file: headwater import FILE")]
    body = [
        _days(),
        "",
        *textwrap.wrap(forest_sentence(found), WIDTH),
        *textwrap.wrap(forest_note(found), WIDTH),
        "",
        *_causes(found),
        "",
        *_stages(found),
        *_words(selection, found),
    ]
    return [*head, *body]


def _days() -> str:
    size = company_record().ask(Size())
    values = {
        "signals": measure(size.signals, "count"),
        "customers": measure(size.customers, "count"),
        "first": size.first_day,
        "last": size.last_day,
    }
    if not size.customers:
        return _("%(signals)s signals, %(first)s to %(last)s") % values
    return _("%(signals)s signals of %(customers)s customers, %(first)s to %(last)s") % values


def _causes(found: Forest) -> Iterable[str]:
    yield _("Behind what customers complain about")
    for row in found.causes.complaints[:CAUSES]:
        name = textwrap.shorten(row.cause.name, 30, placeholder="…")
        arrow = {"rises": "↑", "falls": "↓"}.get(row.change, " ")
        who = textwrap.shorten(listed(row.departments), 25, placeholder="…")
        yield f"  {name:<31}{share_with_interval(row.share):<18}{arrow} {who}"


def _stages(found: Forest) -> Iterable[str]:
    yield _("The journey, by %s") % found.metric.title
    for card in found.stages:
        yield f"  {textwrap.shorten(card.stage.name, 30, placeholder='…'):<31}{_score(card, unit_of(found.metric))}"


def _score(card: StageCard, unit: str) -> str:
    volume = _("%s signals") % measure(card.volume, "count")
    if not isinstance(card.result, Estimate):
        return f"{_('no verdict'):<18}  {volume}"
    said = f"{measure(card.result.estimate, unit)} ({interval(card.result.low, card.result.high, unit)})"
    return f"{said:<18}  {volume}"


def _words(selection: Selection, found: Forest) -> Iterable[str]:
    if found.top is None:
        return
    page = verbatim_page(None, selection, cause=found.top.cause.id, negative=True)
    row = next((row for row in page.rows if row.text), None)
    if row is not None and row.text:
        yield ""
        yield from textwrap.wrap(f"“{textwrap.shorten(row.text, 200, placeholder='…')}”", WIDTH)
