"""The search of the top bar: as a list under it while one types, and as a page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.insight.search import LONGEST, search


@require_GET
def search_page(request: HttpRequest) -> HttpResponse:
    """What has the words in its name."""
    text = request.GET.get("q", "")[:LONGEST]
    shown = {"found": search(person(request), text), "text": text}
    template = "insight/found.html" if request.headers.get("HX-Request") else "insight/search.html"
    return render(request, template, shown)
