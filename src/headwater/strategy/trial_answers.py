"""Answers to a trial, from strangers: one a browser, a few a minute, short, and nothing that leads back to a person."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from headwater.base.refusals import NotFound, Refused
from headwater.strategy.models import TrialAnswer, TrialLink
from headwater.strategy.trials import is_open

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Final = 500
SCALES: Final = ("clear", "believable", "matters")
A_MINUTE: Final = 60
"""So many answers a link takes in a minute, and …"""
AN_ADDRESS: Final = 30
"""… so many one address gives it in an hour: an office shares one."""


class Over(Refused):
    """The link was good once and takes no answers any more."""

    status = 410


def link_of(token: str) -> TrialLink:
    """Return the link of a token; refuses (404) one that is none."""
    found = None
    if token.isascii() and token.isprintable():  # a database may refuse to look for anything else
        found = TrialLink.objects.select_related("trial").filter(token=token[:64]).first()
    if found is None or not hmac.compare_digest(found.token, token):
        raise NotFound("trial_link", _("This link leads nowhere. It may have been cut off when it was copied."))
    return found


def require_open(link: TrialLink) -> None:
    """Refuse (410) a link whose trial is over or which has all the answers it takes."""
    if not is_open(link.trial):
        raise Over(
            "trial_over", _("This is over: it took answers until %s. Thank you for coming.") % link.trial.closes_on
        )
    if link.answered >= link.trial.most:
        raise Over("trial_full", _("This has all the answers it needs. Thank you for coming."))


def has_answered(link: TrialLink, browser: str) -> bool:
    """Whether this browser has answered already."""
    return bool(browser) and link.answers.filter(browser=_digest("browser", link, browser)).exists()


def answer(link: TrialLink, given: Mapping[str, Any], *, browser: str, address: str = "") -> bool:
    """Keep one answer; False when this browser had answered, so that a repeat counts once.

    ``given`` has ``clear``, ``believable``, ``matters`` (1 to 5) and the words ``promise`` and ``change``.
    """
    if not browser:
        raise Refused("no_cookie", _("Your browser kept nothing between the two pages. Allow cookies and try again."))
    values = _checked(given)
    require_open(link)
    if has_answered(link, browser):
        return False
    marked = _digest("address", link, address) if address else ""
    _require_patience(link, marked)
    try:
        with transaction.atomic():
            taken = TrialLink.objects.filter(pk=link.pk, answered__lt=link.trial.most).update(
                answered=F("answered") + 1
            )
            if not taken:
                raise Over("trial_full", _("This has all the answers it needs. Thank you for coming."))
            TrialAnswer.objects.create(link=link, browser=_digest("browser", link, browser), address=marked, **values)
    except IntegrityError:  # the same form was sent twice at the same moment
        return False
    return True


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in SCALES:
        value = given.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 5:
            raise Refused("scale", _("Choose one of the five for each of the three questions."), name)
        values[name] = value
    for name in ("promise", "change"):
        words = " ".join(str(given.get(name) or "").replace("\x00", " ").split())
        if len(words) > WORDS:
            message = _("Write at most %(most)d characters; these are %(given)d.")
            raise Refused("words", message % {"most": WORDS, "given": len(words)}, name)
        values[name] = words
    return values


def _require_patience(link: TrialLink, address: str) -> None:
    now = timezone.now()
    lately = link.answers.filter(at__gte=now - timedelta(minutes=1)).count()
    from_there = link.answers.filter(address=address, at__gte=now - timedelta(hours=1)).count() if address else 0
    if lately >= A_MINUTE or from_there >= AN_ADDRESS:
        raise Refused("too_many_answers", _("Many are answering right now. Please try again in a while."), status=429)


def _digest(what: str, link: TrialLink, value: str) -> str:
    """A digest keyed by this installation and link: the same browser on two links is not recognised."""
    text = f"{what}:{link.token}:{value}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()
