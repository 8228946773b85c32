"""The pages of connections."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.listening.connections import queries


@require_GET
def connections(request: HttpRequest) -> HttpResponse:
    """Every connection."""
    return render(request, "listening/connections.html", {"rows": queries.connections(person(request))})
