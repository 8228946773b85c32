"""What the company adds to a metric's definition."""

from django.db import models

from headwater.base.models import Person


class MetricCard(models.Model):
    """Who answers for a metric, and what a leader does when it moves. No row: nobody has said."""

    metric = models.SlugField(max_length=40, unique=True)
    owner = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    action = models.TextField(blank=True, max_length=2000)
    edition = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.metric
