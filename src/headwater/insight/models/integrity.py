"""Score integrity: which colleague an agent in the data is, what hangs on a score, and what colleagues reply."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class AgentOfPerson(models.Model):
    """The name under which a colleague stands in the data (the attribute ``agent``), where it is not their address."""

    agent = models.CharField(max_length=120, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="agents")
    set_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["agent"]


class IncentiveReview(models.Model):
    """What was found when somebody looked at what hangs on a score, before anybody looked at people. Only added."""

    class Finding(models.TextChoices):
        NOTHING = "nothing", _("Nothing hangs on it")
        HANGS = "hangs", _("Something hangs on it, and is being taken off")
        STAYS = "stays", _("Something hangs on it, and stays for now")

    metric = models.CharField(max_length=40)
    finding = models.CharField(max_length=8, choices=Finding.choices)
    words = models.CharField(max_length=1000)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]


class PatternReply(models.Model):
    """What a colleague says of their own figures, with the figures as they then were. Only added, never changed."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    metric = models.CharField(max_length=40)
    agent = models.CharField(max_length=120)
    words = models.CharField(max_length=2000)
    figures = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["person", "metric"], name="reply_of_person")]
