"""The versions of the strategy, what came before each edit of a draft, and who was asked to agree to it."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Person, Versioned


class StrategyVersion(Versioned):
    """A strategy as one JSON document; see ``documents.written`` for its shape.

    ``override_reason`` says why it was published although not all who were asked had agreed; empty when they had.
    """

    override_reason = models.CharField(max_length=600, blank=True)

    class Meta(Versioned.Meta):
        ordering = ["-version", "-id"]


class StrategyEdit(models.Model):
    """The document as it was before the edit that led to ``edition``: what undoing that edit brings back."""

    draft = models.ForeignKey(StrategyVersion, models.CASCADE, related_name="edits")
    edition = models.PositiveIntegerField()
    before = models.JSONField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-edition"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["draft", "edition"], name="strategyedit_once_an_edition")
        ]


class StrategyAnswer(models.Model):
    """A leader who was asked to agree to one edition of a draft, and what they answered.

    An answer holds for its edition alone: editing the draft withdraws it.
    """

    class Answer(models.TextChoices):
        AGREES = "agrees", _("Agrees")
        OBJECTS = "objects", _("Objects")

    draft = models.ForeignKey(StrategyVersion, models.CASCADE, related_name="answers")
    edition = models.PositiveIntegerField()
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    asked_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    reason = models.CharField(max_length=600, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["person__name", "id"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["draft", "edition", "person"], name="strategyanswer_asked_once"),
            models.CheckConstraint(
                condition=~Q(answer="objects") | ~Q(reason=""), name="strategyanswer_objects_with_reason"
            ),
        ]
