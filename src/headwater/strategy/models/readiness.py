"""Execution readiness: what was answered to each question, the milestones it should show, the files that prove it."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class ReadinessItem(models.Model):
    """What the company does about one question. Made when somebody first answers: an untouched question has no row."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        UNDER_WAY = "under_way", _("Under way")
        DONE = "done", _("In place")
        SET_ASIDE = "set_aside", _("Not needed")

    key = models.SlugField(max_length=60, unique=True)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    due = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    answer = models.TextField(blank=True)
    says_yes = models.BooleanField(null=True, blank=True)
    evidence_link = models.URLField(max_length=500, blank=True)
    edition = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]


class ReadinessMilestone(models.Model):
    """Something an item should show on the way; a quick win is one that can be seen soon."""

    item = models.ForeignKey(ReadinessItem, models.CASCADE, related_name="milestones")
    text = models.CharField(max_length=200)
    is_quick_win = models.BooleanField(default=False)
    due = models.DateField(null=True, blank=True)
    reached_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["due", "id"]
        constraints = [models.UniqueConstraint(fields=["item", "text"], name="readiness_milestone_once")]


class EvidenceFile(models.Model):
    """A file that shows an item is in place. The file lies under its ``stored`` name; people see ``name``."""

    item = models.ForeignKey(ReadinessItem, models.CASCADE, related_name="files")
    stored = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=150)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["item", "digest"], name="evidence_file_once")]
