"""Changes that were noticed, and what became of each."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class Alert(models.Model):
    """Something that rose: a cause at a stage, the events that show a cause, or the low scores of a metric at a stage.

    ``began_on`` is when it was first found to have begun, and with the series identifies the alert; ``since`` is what
    the record says now. ``rise`` (``low``, ``high``) is a ratio of ``seen`` to ``expected``; ``score`` is how many days
    such evidence takes to come about by chance. ``unseen_at``: since when the record, as late data and new labels left
    it, no longer shows it. ``before`` is what one decision back was, for undo.
    """

    class Kind(models.TextChoices):
        CAUSE = "cause", _("cause")
        SCORE = "score", _("low scores")
        HAPPENED = "happened", _("what happened")

    class State(models.TextChoices):
        NEW = "new", _("new")
        WATCHING = "watching", _("being watched")
        KNOWN = "known", _("known")
        LOOKED_AT = "looked_at", _("looked at")
        FALSE_ALARM = "false_alarm", _("false alarm")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    cause = models.CharField(max_length=80, blank=True)
    metric = models.CharField(max_length=40, blank=True)
    stage = models.CharField(max_length=80, blank=True)
    began_on = models.DateField()
    since = models.DateField()
    noticed_on = models.DateField()
    until = models.DateField(null=True, blank=True)
    rise = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    seen = models.PositiveIntegerField()
    expected = models.FloatField()
    score = models.FloatField()
    examples = models.JSONField(default=list)
    found_at = models.DateTimeField(default=timezone.now)
    unseen_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.NEW)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-noticed_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "cause", "metric", "stage", "began_on"], name="alert_once")
        ]
        indexes = [models.Index(fields=["state"], name="alert_state")]


class AlertWatch(models.Model):
    """The last look at all series: which days, how many series, what the record was then."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    watched_from = models.DateField(null=True, blank=True)
    watched_until = models.DateField(null=True, blank=True)
    series = models.PositiveIntegerField(default=0)
    unwatched = models.PositiveIntegerField(default=0)
    seen_as = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(singleton=True), name="alert_watch_is_one")]
