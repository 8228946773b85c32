"""Reliability standards: what should happen at a moment, and imported series that say how often it did."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Standard(models.Model):
    """What a moment's reliability is measured by; see ``standards`` for the three methods and their documents.

    Of a hand-off, ``giver`` hands over to ``taker``; of any other standard ``giver`` is who delivers (a department of
    the taxonomy), and ``departments`` are all who contribute.
    """

    class Method(models.TextChoices):
        KEPT = "kept", _("A promise and what keeps it")
        RIGHT = "right", _("What happened, and went right")
        SERIES = "series", _("A series from elsewhere")

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=600, blank=True)
    moment = models.CharField(_("moment"), max_length=60)
    method = models.CharField(_("how it is seen"), max_length=6, choices=Method.choices)
    definition = models.JSONField(_("what is counted"), default=dict)
    giver = models.CharField(_("department"), max_length=60, blank=True)
    taker = models.CharField(_("takes over"), max_length=60, blank=True)
    departments = models.JSONField(_("departments"), default=list)
    target = models.FloatField(_("target"), null=True, blank=True)
    retired = models.BooleanField(default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["moment", "name"]

    def __str__(self) -> str:
        return self.name


class SeriesPoint(models.Model):
    """How often something happened on a day, and how often of these it went right; of one department, or of all."""

    standard = models.ForeignKey(Standard, on_delete=models.CASCADE, related_name="points")
    day = models.DateField()
    department = models.CharField(max_length=60, blank=True)
    happened = models.PositiveBigIntegerField()
    went_right = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["day", "department"]
        constraints = [
            models.UniqueConstraint(fields=["standard", "day", "department"], name="one_point_a_day"),
            models.CheckConstraint(condition=models.Q(went_right__lte=models.F("happened")), name="right_of_happened"),
        ]

    def __str__(self) -> str:
        return f"{self.standard_id} {self.day}"
