"""Groups of comments that no cause fits, and what people made of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class Theme(models.Model):
    """A group of comments, found again from run to run by the comments it shares with what was found before.

    ``members`` are the keys of its comments in the sample, ``typical`` those to show, most typical first. ``now`` and
    ``earlier`` count its comments of the last four weeks and of the twelve before, of ``now_of`` and ``earlier_of``
    comments looked at; ``negative``, ``positive`` and ``contacts`` those of a sentiment, or with which somebody got in
    touch. ``cause`` is what it was made, or what it ``joined``. ``gone_at``: since when it is not found.
    """

    class State(models.TextChoices):
        NEW = "new", _("new")
        PROMOTED = "promoted", _("made a cause")
        DISMISSED = "dismissed", _("dismissed")

    name = models.CharField(max_length=120)
    words = models.JSONField(default=list)
    members = models.JSONField(default=list)
    typical = models.JSONField(default=list)
    size = models.PositiveIntegerField()
    customers = models.PositiveIntegerField(default=0)
    negative = models.PositiveIntegerField(default=0)
    positive = models.PositiveIntegerField(default=0)
    contacts = models.PositiveIntegerField(default=0)
    now = models.PositiveIntegerField(default=0)
    now_of = models.PositiveIntegerField(default=0)
    earlier = models.PositiveIntegerField(default=0)
    earlier_of = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=80, blank=True)
    nearest_cause = models.CharField(max_length=80, blank=True)
    found_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    cause = models.CharField(max_length=80, blank=True)
    joined = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-size", "id"]


class ThemeSearch(models.Model):
    """The last search for themes: how many comments there were, how many of them no cause fits, what was used."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    comments = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)
    unfit = models.PositiveIntegerField(default=0)
    since = models.DateField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    seen_as = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(singleton=True), name="theme_search_is_one")]
