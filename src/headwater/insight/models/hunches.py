"""Hunches: what somebody expects the record to say, how sure they are, and what it said."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class Hunch(models.Model):
    """A claim about a metric, with a probability. Nobody but its writer ever sees it.

    The claim says how ``metric`` among ``where`` compares, from ``since`` to ``until``, with ``against``: all others,
    the signals that match ``other``, or the same signals in the days of the same number before. ``at_least`` is in the
    metric's unit. ``words`` only explain. It is never edited; until it is answered it can be withdrawn.
    """

    class Against(models.TextChoices):
        REST = "rest", _("everyone else")
        GROUP = "group", _("another group")
        BEFORE = "before", _("the time of the same length before")

    class Comparison(models.TextChoices):
        HIGHER = "higher", _("is higher")
        LOWER = "lower", _("is lower")
        DIFFERS = "differs", _("differs, either way")

    class State(models.TextChoices):
        OPEN = "open", _("waits for the record")
        TRUE = "true", _("came true")
        FALSE = "false", _("did not come true")
        CANNOT_TELL = "cannot_tell", _("the record cannot tell")
        WITHDRAWN = "withdrawn", _("withdrawn")

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    metric = models.CharField(max_length=40)
    where = models.CharField(max_length=2000, blank=True)
    against = models.CharField(max_length=8, choices=Against.choices)
    other = models.CharField(max_length=2000, blank=True)
    comparison = models.CharField(max_length=8, choices=Comparison.choices)
    at_least = models.FloatField(default=0)
    since = models.DateField()
    until = models.DateField()
    judge_on = models.DateField()
    probability = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=600, blank=True)
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    evidence = models.JSONField(default=dict)
    written_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-written_at", "-id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["person", "digest"], condition=Q(state="open"), name="hunch_waits_once"),
            models.CheckConstraint(condition=Q(probability__gte=1, probability__lte=99), name="hunch_is_never_sure"),
        ]
        indexes = [models.Index(fields=["state", "judge_on"], name="hunch_due")]
