"""The roadmap: what people plan for each phase, and what the record showed month by month."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from headwater.base.models import Person


class PhasePlan(models.Model):
    """When people plan to be in a phase, and who leads it."""

    phase = models.SlugField(max_length=20, unique=True)
    starts = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts=None) | Q(ends=None) | Q(ends__gte=F("starts")), name="phaseplan_ends_after_start"
            )
        ]


class PhaseEvidence(models.Model):
    """Whether a criterion was met in a month, and the figure that said so. The last look in a month stands for it."""

    month = models.DateField()
    criterion = models.SlugField(max_length=40)
    met = models.BooleanField(null=True)
    shown = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["month", "id"]
        constraints = [models.UniqueConstraint(fields=["month", "criterion"], name="phaseevidence_once_a_month")]
