"""Finance's own figures: what was entered, by whom, from what source, and who signed it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from headwater.base.models import Person


class FinanceEntry(models.Model):
    """One edition of one figure or definition; the newest edition of a key and channel is the one in force.

    Rows are only added. A change is a new edition without a signature: what was signed stays readable, and nothing
    that finance has not seen carries its name.
    """

    key = models.CharField(max_length=20)
    channel = models.CharField(max_length=60, blank=True)
    edition = models.PositiveIntegerField()
    content = models.JSONField()
    source = models.CharField(max_length=300)
    stated_on = models.DateField()
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    entered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now)
    signed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["key", "channel", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["key", "channel", "edition"], name="finance_edition_is_one"),
        ]
