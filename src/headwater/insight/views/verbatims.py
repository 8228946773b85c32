"""The page of customers' words: in order, or found by words or by meaning."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.insight import meaning, queries
from headwater.insight.selection_bar import bar
from headwater.insight.verbatims import note_look, verbatim_page
from headwater.insight.views.causes import selection_of
from headwater.journey.queries import taxonomy

LONGEST = 600


@require_GET
def verbatims_page(request: HttpRequest) -> HttpResponse:
    """Customers' words in this selection, a page at a time; with ``q`` those that are found, ``way`` says how."""
    me, given = person(request), request.GET
    selection = selection_of(request, reads_words=True)
    known = taxonomy()
    page_number = given.get("page", "1")
    number = int(page_number[:6]) if page_number.isdecimal() else 1
    shown: dict[str, Any] = {"bar": bar(selection), "known": known, "q": given.get("q", "").strip()}
    if shown["q"]:
        way: meaning.Way = "words" if given.get("way") == "words" else "meaning"
        found = meaning.search_verbatims(me, selection, shown["q"], way=way, number=number)
        note_look(me, "search", (one.signal for one in found.rows))
        rows = [(queries.shown_signal(one.signal, known), one.similarity, _marked(one, found)) for one in found.rows]
        shown |= {"page": found, "found": rows, "way": way, "index": meaning.index_state(), "parts": found.parts}
        return render(request, "insight/verbatims.html", shown)
    cause, stage = given.get("cause", ""), given.get("stage", "")
    negative = given.get("negative") == "yes"
    page = verbatim_page(me, selection, cause=cause, stage=stage, negative=negative, number=number)
    note_look(me, "list", page.rows)
    shown |= {
        "page": page,
        "rows": [queries.shown_signal(row, known) for row in page.rows],
        "cause": known.cause(cause),
        "stage": known.stage(stage),
        "negative": negative,
    }
    return render(request, "insight/verbatims.html", shown)


def _marked(one: meaning.Found, page: meaning.FoundPage) -> SafeString:
    """The comment with what was looked for marked, where it was looked for by words."""
    text = (one.signal.text or "")[:LONGEST]
    pieces = meaning.marked(text, page.parts) if page.way == "words" else ((text, False),)
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", piece) if hit else piece,) for piece, hit in pieces)
    )
