"""Whether each department sees a stage as it is published: whom was asked, what they answered, who decides."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Department, Person


class StageAsking(models.Model):
    """A department was asked about a stage as it read then (``fingerprint``); once, however often asking runs."""

    stage = models.CharField(max_length=60)
    department = models.ForeignKey(Department, models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=16)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "department", "fingerprint"], name="stage_asked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.department}"


class StageAnswer(models.Model):
    """One answer of a department about a stage as it read then; a later answer of the same department takes its place.

    An objection that stays open goes to a decider (``passed_to``), who keeps the stage as it is or has it changed.
    """

    class Decision(models.TextChoices):
        KEEP = "keep", _("The stage stays as it is")
        CHANGE = "change", _("The stage will be changed")

    stage = models.CharField(max_length=60)
    department = models.ForeignKey(Department, models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=16)
    agrees = models.BooleanField()
    reason = models.CharField(max_length=1000, blank=True)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    latest = models.BooleanField(default=True)
    passed_to = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    passed_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    decision_reason = models.CharField(max_length=1000, blank=True)
    decided_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "department"], condition=Q(latest=True), name="stage_answer_one_latest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage}: {self.department}"


class AgreementDecider(models.Model):
    """The one person to whom objections go that nobody settled in time."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(singleton=True), name="agreement_decider_is_one")]

    def __str__(self) -> str:
        return str(self.person)
