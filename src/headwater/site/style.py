"""The page that shows every component with its name, how it looks and how it is used."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def style(request: HttpRequest) -> HttpResponse:
    """Show the design system; it holds no data, so a stranger may see it."""
    return render(request, "site/style.html")
