"""The pages of the strategy: what it says, its draft, and its versions."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from headwater.base.accounts import person
from headwater.base.permissions import require
from headwater.strategy import strategies


@require_GET
def strategy(request: HttpRequest) -> HttpResponse:
    """What the company promises its customers, and what is to change by when."""
    require(person(request), "view", "strategy")
    return render(request, "strategy/strategy.html", {"strategy": strategies.current()})
