"""What was done and what was sent: the history and the outbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from headwater.base import outbox as services
from headwater.base.accounts import person
from headwater.base.forms import HistoryForm
from headwater.base.models import OutboxMail
from headwater.base.permissions import require
from headwater.base.queries import HistoryFilter, history_entries, told

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE = 50


def history(request: HttpRequest) -> HttpResponse:
    """Who did what and when, newest first, as sentences."""
    form = HistoryForm(request.GET)
    chosen = HistoryFilter(**form.cleaned_data) if form.is_valid() else HistoryFilter()
    page = Paginator(history_entries(person(request), chosen), PAGE).get_page(request.GET.get("page"))
    return render(request, "base/history.html", {"form": form, "page": page, "entries": told(list(page))})


def outbox(request: HttpRequest) -> HttpResponse:
    """The mails that wait, were sent or were given up."""
    require(person(request), "view", "outbox")
    page = Paginator(OutboxMail.objects.defer("text", "html"), PAGE).get_page(request.GET.get("page"))
    return render(request, "base/outbox.html", {"page": page, "mail_leaves": services.is_configured()})


@require_POST
def retry_mail(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Try a mail again that was given up."""
    require(person(request), "manage", "outbox")
    services.retry_mail(person(request), get_object_or_404(OutboxMail, pk=mail_id))
    return redirect("outbox")
