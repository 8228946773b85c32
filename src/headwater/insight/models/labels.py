"""What people said about labels, and the text models in use."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person


class LabelCorrection(models.Model):
    """What a person says a label is. One row for each signal and field: the latest word counts, and can be taken back.

    ``value`` is an id or a word, for causes a list of ids; empty means "none of them". ``applied_at`` is empty until
    the record has it; pages do not wait for that, they lay corrections over the record's labels.
    """

    class Field(models.TextChoices):
        STAGE = "stage", _("stage")
        MOMENT = "moment", _("moment")
        CAUSES = "causes", _("causes")
        SENTIMENT = "sentiment", _("sentiment")
        EFFORT = "effort", _("effort")

    signal_key = models.BigIntegerField()
    field = models.CharField(max_length=12, choices=Field.choices)
    value = models.JSONField()
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["signal_key", "field"], name="correction_is_one")]
        indexes = [models.Index(fields=["applied_at"], name="correction_unapplied")]


class AuditItem(models.Model):
    """A verbatim drawn at random for a person to label: how the classifier errs is measured on these alone.

    ``predicted`` is what the labeller in force says (kept up when everything is labelled again), ``truth`` what the
    person said; both map a field to its value, empty for none. No classifier learns from them.
    """

    signal_key = models.BigIntegerField(unique=True)
    seed = models.BigIntegerField()
    drawn_at = models.DateTimeField(default=timezone.now)
    drawn_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    predicted = models.JSONField(default=dict)
    truth = models.JSONField(null=True, blank=True)
    labelled_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    labelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["drawn_at", "id"]
        indexes = [models.Index(fields=["labelled_at"], name="audit_labelled")]


class TextModel(models.Model):
    """An encoder of this company's comments: a table as it ships, or a student fitted to the comments.

    ``file_name`` lies under ``HEADWATER_HOME/models``. ``measures`` holds what was measured when it was fitted:
    agreement with the teacher, texts, share of English.
    """

    class Kind(models.TextChoices):
        VANILLA = "vanilla", _("as shipped")
        STUDENT = "student", _("fitted to your comments")

    class Pair(models.TextChoices):
        ENGLISH = "english", _("English")
        MULTILINGUAL = "multilingual", _("multilingual")

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    pair = models.CharField(max_length=16, choices=Pair.choices)
    file_name = models.CharField(max_length=120)
    fitted_at = models.DateTimeField(default=timezone.now)
    versions = models.JSONField(default=dict)
    measures = models.JSONField(default=dict)
    active = models.BooleanField(default=False)

    class Meta:
        ordering = ["-fitted_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["active"], condition=Q(active=True), name="one_text_model_is_active")
        ]


class LabellerInForce(models.Model):
    """The text model and taxonomy that the record's labels were made with.

    New signals are labelled with these until a full relabelling puts newer ones in force, so that readers never see
    a mixture.
    """

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    text_model = models.ForeignKey(TextModel, models.PROTECT, related_name="+")
    taxonomy_version = models.PositiveIntegerField()
    since = models.DateTimeField(default=timezone.now)
    thresholds = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(singleton=True), name="labeller_in_force_is_one")]
