"""What every page template knows: ``shell`` with the company, the navigation, the version and unread job news."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.utils.functional import SimpleLazyObject

from headwater.base import navigation
from headwater.base.company import company
from headwater.base.models import Job
from headwater.base.permissions import allows

if TYPE_CHECKING:
    from django.http import HttpRequest


@cache
def product_version() -> str:
    """Return the version of this installation."""
    return version("headwater")


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return ``shell``: company, is_sample, may_start, navigation, version and jobs.

    ``jobs`` counts the person's own work: ``running`` (waiting or running). Nothing is read from the database until
    a template asks, and fragments do not ask.
    """
    return {"shell": SimpleLazyObject(lambda: _shell(request))}


def _shell(request: HttpRequest) -> dict[str, Any]:
    ours = company()
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "company": ours,
        "is_sample": bool(ours and ours.is_sample),
        "may_start": user is not None and allows(user, "manage", "company"),
        "navigation": navigation.navigation(request) if signed_in else navigation.Navigation(),
        "actions": navigation.actions(request) if signed_in else [],
        "version": product_version(),
        "jobs": SimpleLazyObject(lambda: _jobs(user.pk) if signed_in and user else {"running": 0}),
    }


def _jobs(person_id: int) -> dict[str, int]:
    active = Job.objects.filter(requested_by=person_id, state__in=(Job.State.WAITING, Job.State.RUNNING))
    return {"running": active.count()}
