"""What was published of employees' signals, month by month, and how their scores are defined."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class EmployeeRelease(models.Model):
    """One month as it was published: the only place that pages, exports and programs read employees' figures from.

    ``units`` are (id, id of the one above, name) of the departments at that time; ``figures`` maps a question to its
    kind, the last arrival it holds and its cells (unit → people, sum, sum of squares, low, top); ``words`` maps a unit
    to its comments. Nothing that may not be shown is in it.
    """

    month = models.DateField(unique=True)
    units = models.JSONField()
    figures = models.JSONField()
    words = models.JSONField(default=dict)
    minimum = models.PositiveSmallIntegerField()
    edition = models.PositiveIntegerField(default=1)
    released_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["month"]

    def __str__(self) -> str:
        return self.month.isoformat()


class EmployeeDefinition(models.Model):
    """An edition of a score: which questions count, how much, and in which direction. The newest is in force."""

    class Score(models.TextChoices):
        HEALTH = "health", _("Employee health score")
        BURNOUT = "burnout", _("Burn-out risk")

    score = models.CharField(max_length=12, choices=Score.choices)
    edition = models.PositiveIntegerField()
    items = models.JSONField()
    source = models.CharField(max_length=300)
    changed_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["score", "-edition"]
        constraints = [models.UniqueConstraint(fields=["score", "edition"], name="employee_definition_is_one")]

    def __str__(self) -> str:
        return f"{self.score} {self.edition}"
