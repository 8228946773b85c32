"""The journey to come, and what is to happen with each of its differences from today's."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person, Versioned


class FutureJourney(Versioned):
    """The journey as it is to be: the same document as today's, edited as a draft, published with the next number."""

    class Meta(Versioned.Meta):
        ordering = ["-version", "-id"]


class FutureDecision(models.Model):
    """What was decided about one difference: an initiative carries it, or it was dropped, and why.

    A difference is named by its kind, item and what happens to it, so that a decision holds while its details change.
    """

    class What(models.TextChoices):
        CARRIED = "carried", _("carried by an initiative")
        DROPPED = "dropped", _("dropped")

    difference = models.CharField(max_length=140, unique=True)
    what = models.CharField(max_length=8, choices=What.choices)
    initiative = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    link = models.URLField(max_length=500, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["difference"]

    def __str__(self) -> str:
        return f"{self.difference}: {self.what}"
