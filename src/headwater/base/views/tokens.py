"""API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from headwater.base import tokens as services
from headwater.base.accounts import person
from headwater.base.forms import TokenForm, show_refusal
from headwater.base.permissions import require
from headwater.base.refusals import Refused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens in use; a new one is shown this once."""
    me = person(request)
    require(me, "manage", "tokens", words_of="own")
    form, made = TokenForm(request.POST or None, scopes=services.scopes_of(me)), ""
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        expires_at = timezone.now() + timedelta(days=given["days"]) if given["days"] else None
        try:
            _token, made = services.create_token(me, me, given["name"], given["scopes"], expires_at=expires_at)
        except Refused as refused:
            show_refusal(form, refused)
        else:
            form = TokenForm(scopes=services.scopes_of(me))
    shown = {"form": form, "made": made, "tokens": services.tokens_seen_by(me)}
    return render(request, "base/tokens.html", shown, status=400 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End a token."""
    token = services.visible_token(person(request), token_id)
    services.revoke_token(person(request), token)
    messages.success(request, _("The token %s is revoked.") % token.name)
    return redirect("tokens")
