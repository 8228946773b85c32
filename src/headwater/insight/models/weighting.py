"""The customer base as an analyst states it, where the record's customers do not say it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from headwater.base.models import Person


class CustomerMargin(models.Model):
    """One edition of how many customers (or what share) are at each level of an attribute.

    Rows are only added; the newest edition of an attribute is in force. One without levels takes the statement back:
    the customers in the record count again.
    """

    attribute = models.CharField(max_length=60)
    edition = models.PositiveIntegerField()
    levels = models.JSONField(default=dict)
    source = models.CharField(max_length=300, blank=True)
    stated_on = models.DateField(null=True, blank=True)
    entered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["attribute", "-edition"]
        constraints = [models.UniqueConstraint(fields=["attribute", "edition"], name="margin_edition_is_one")]
