"""Requests: "fix X" in a colleague's words, what they were found to be about, and what was answered."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Department, Person


class Request(models.Model):
    """A request and its answer. ``sent`` is the form it came from, so that sending it twice counts once.

    ``understanding`` and ``trace`` are the documents of ``request_words.Understanding`` and ``tracing.Trace``; empty
    until it is answered. ``outcome`` is the id of one of the strategy's outcomes.
    """

    class State(models.TextChoices):
        FILED = "filed", _("Being traced")
        ANSWERED = "answered", _("Answered")
        LINKED = "linked", _("Part of the strategy")
        DECLINED = "declined", _("Declined")

    sent = models.UUIDField(default=uuid.uuid4, unique=True)
    text = models.TextField()
    filed_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    filed_by_name = models.CharField(max_length=120, blank=True)
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True, related_name="+")
    filed_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.FILED)
    understanding = models.JSONField(default=dict, blank=True)
    trace = models.JSONField(default=dict, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-filed_at", "-id"]
        indexes = [models.Index(fields=["state"], name="request_state")]
