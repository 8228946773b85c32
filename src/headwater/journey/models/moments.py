"""Who answers for a moment: a person, and so never part of the document that is passed on as a file."""

from django.db import models
from django.utils import timezone

from headwater.base.models import Person


class MomentLeader(models.Model):
    """The one leader accountable for a moment, whichever version of the journey counts."""

    moment = models.CharField(max_length=60, unique=True)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["moment"]

    def __str__(self) -> str:
        return f"{self.moment}: {self.person}"
