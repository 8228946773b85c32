"""Discovery: one path at a time from watching customers to a drafted strategy, and the answers people gave on it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class Discovery(models.Model):
    """A path that several people walk together. ``chosen`` are ids of causes, the most important first."""

    class Step(models.TextChoices):
        OBSERVE = "observe", _("Observe")
        DISCUSS = "discuss", _("Discuss")
        LEARN = "learn", _("Learn")

    step = models.CharField(max_length=8, choices=Step.choices, default=Step.OBSERVE)
    chosen = models.JSONField(default=list)
    started_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    drafted_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    drafted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(models.Value(1), condition=Q(drafted_at=None), name="discovery_one_at_a_time")
        ]


class DiscoveryAnswer(models.Model):
    """An answer to a prepared question, with the question as it was asked. Never edited: a later answer stands first.

    ``department`` is one of the journey's; empty for a note on the whole. ``said_by`` says whose words they are where
    a colleague wrote down what another said.
    """

    discovery = models.ForeignKey(Discovery, models.CASCADE, related_name="answers")
    department = models.CharField(max_length=60, blank=True)
    question = models.CharField(max_length=140)
    asked = models.TextField(blank=True)
    text = models.TextField()
    said_by = models.CharField(max_length=120, blank=True)
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["discovery", "department", "question"], name="discoveryanswer_of")]
