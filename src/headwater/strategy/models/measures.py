"""Measures, the editions of their definitions, who signed them off, and their readings."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class Measure(models.Model):
    """How the company knows whether an outcome is reached.

    ``question``, ``decision`` and ``owner`` suffice to start one; what is empty is asked for over time. ``definition``
    is the document of a ``definitions.Definition``; ``outcomes`` are ids of the strategy's outcomes; ``steps`` are
    ``[date, value]`` pairs of a stepped path. Values are in the measure's own unit: shares in 0…1, NPS in −100…100.
    """

    class Kind(models.TextChoices):
        WHAT = "what", _("What we do (objective)")
        HOW = "how", _("How we do it (subjective)")

    class Source(models.TextChoices):
        RECORD = "record", _("Computed from the record")
        TYPED = "typed", _("Typed in")
        IMPORTED = "imported", _("Imported from a file or a program")

    class Path(models.TextChoices):
        STRAIGHT = "straight", _("A straight line to the target")
        STEPPED = "stepped", _("Steps at given dates")

    class Every(models.TextChoices):
        MONTH = "month", _("Month")
        WEEK = "week", _("Week")

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=4, choices=Kind.choices, blank=True)
    outcomes = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=8, choices=Source.choices, blank=True)
    definition = models.JSONField(default=dict, blank=True)
    definition_edition = models.PositiveIntegerField(default=1)
    unit = models.CharField(max_length=40, blank=True)
    baseline = models.FloatField(null=True, blank=True)
    target = models.FloatField(null=True, blank=True)
    start_date = models.DateField(null=True, blank=True)
    target_date = models.DateField(null=True, blank=True)
    path = models.CharField(max_length=8, choices=Path.choices, default=Path.STRAIGHT)
    steps = models.JSONField(default=list, blank=True)
    every = models.CharField(max_length=5, choices=Every.choices, default=Every.MONTH)
    owner = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    question = models.CharField(max_length=300)
    decision = models.CharField(max_length=600)
    edition = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class DefinitionEdition(models.Model):
    """One edition of what a measure measures, kept so that every reading says what it was computed from."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="definitions")
    edition = models.PositiveIntegerField()
    content = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-edition"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["measure", "edition"], name="definitionedition_once")
        ]


class SignOff(models.Model):
    """A leader who is asked to sign off a measure as it is defined now; ``at`` is when they did.

    It is to what the measure measures and to its path: when either changes it is withdrawn, and the leader asked again.
    """

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="sign_offs")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    definition_edition = models.PositiveIntegerField()
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    at = models.DateTimeField(null=True, blank=True)
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["person__name", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["measure", "person"], condition=Q(withdrawn=None), name="signoff_asked_once"
            )
        ]


class Reading(models.Model):
    """What a measure was in one period, both days included. Never edited: a correction supersedes it, with a reason.

    ``value`` is null where there is no verdict, and ``no_verdict`` says why. ``record_version`` is the version of the
    record's tables it was computed from; null for figures that were typed in or imported.
    """

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="readings")
    period = models.DateField()
    until = models.DateField()
    value = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    n = models.BigIntegerField(null=True, blank=True)
    method = models.CharField(max_length=200, blank=True)
    assumptions = models.JSONField(default=list, blank=True)
    no_verdict = models.CharField(max_length=200, blank=True)
    definition_edition = models.PositiveIntegerField()
    record_version = models.JSONField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    supersedes = models.OneToOneField("self", models.CASCADE, null=True, blank=True, related_name="superseded_by")
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["period", "id"]
        indexes = [models.Index(fields=["measure", "period"], name="reading_period")]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["measure", "period"], condition=Q(supersedes=None), name="reading_first_of_period"
            ),
            models.CheckConstraint(condition=Q(supersedes=None) | ~Q(reason=""), name="reading_corrected_with_reason"),
        ]
