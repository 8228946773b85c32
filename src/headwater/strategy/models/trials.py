"""Trials of drafts: what was shown, the open links it was shown under, and what people answered without a name."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


def new_token() -> str:
    """A word nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


class Trial(models.Model):
    """One text tried with people. ``lines`` is the text as it was shown, whatever the draft became afterwards.

    ``version_row`` is the row of the versioned document it was taken from: a draft keeps its row when it is published,
    so that what was tried, and what changed after it, stay with the version.
    """

    class Kind(models.TextChoices):
        MISSION = "mission", _("The mission for the customer experience")
        OUTCOMES = "outcomes", _("The outcomes")
        GUIDEPOSTS = "guideposts", _("The guideposts of a moment")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    moment = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200)
    lines = models.JSONField(default=list)
    version_row = models.PositiveBigIntegerField(null=True, blank=True)
    closes_on = models.DateField()
    most = models.PositiveIntegerField()
    closed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    note = models.TextField(blank=True)
    changed_lines = models.JSONField(default=list)
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]


class TrialLink(models.Model):
    """The open link of one audience; whoever has it may answer once, without signing in."""

    class Audience(models.TextChoices):
        CUSTOMERS = "customers", _("Customers")
        EMPLOYEES = "employees", _("Employees")

    trial = models.ForeignKey(Trial, models.CASCADE, related_name="links")
    audience = models.CharField(max_length=10, choices=Audience.choices)
    token = models.CharField(max_length=64, unique=True, default=new_token)
    answered = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["audience"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["trial", "audience"], name="triallink_once_an_audience")
        ]


def _one_to_five() -> models.PositiveSmallIntegerField[int, int]:
    return models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])


class TrialAnswer(models.Model):
    """What one browser answered. ``browser`` and ``address`` are keyed digests: neither leads back to anybody.

    The address is kept while the trial is open, against floods, and emptied when it ends.
    """

    link = models.ForeignKey(TrialLink, models.CASCADE, related_name="answers")
    browser = models.CharField(max_length=64)
    address = models.CharField(max_length=64, blank=True)
    promise = models.CharField(max_length=500, blank=True)
    clear = _one_to_five()
    believable = _one_to_five()
    matters = _one_to_five()
    change = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["link", "at"], name="trialanswer_recent")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["link", "browser"], name="trialanswer_once_a_browser"),
            models.CheckConstraint(
                condition=Q(clear__range=(1, 5), believable__range=(1, 5), matters__range=(1, 5)),
                name="trialanswer_one_to_five",
            ),
        ]
