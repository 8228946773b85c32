"""Links that anybody may answer through, and responses while they are being given."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.listening.models.invitations import Invitation
from headwater.listening.models.surveys import Survey, SurveyVersion


class SurveyLink(models.Model):
    """A link that anybody may answer through: on a page, a receipt, a QR code, or in a web snippet."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Open link")
        QR = "qr", _("QR code")
        WEB = "web", _("Web snippet")

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="links")
    token = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=4, choices=Kind.choices, default=Kind.OPEN)
    settings = models.JSONField(default=dict, help_text=_("Of a snippet: where and when it shows."))
    attributes = models.JSONField(default=dict, help_text=_("Put on every answer, such as the branch."))
    most_an_hour = models.PositiveIntegerField(default=2_000)
    most_from_an_address = models.PositiveIntegerField(
        default=60, help_text=_("Answers an hour from one address on the network; a whole office may share one.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class SurveyResponse(models.Model):
    """One response. Its answers are here until it is complete and, moments later, they are signals; then this row is
    only counted. `is_due` while they are to become signals; `fault` says why they could not.

    In an anonymous survey it has no invitation and no time finer than a day, and its number is random: the row of a
    complete one is written when held answers are let go (`HeldAnswer`), and is not the one its pages were saved in.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Begun")
        COMPLETE = "complete", _("Complete")
        PARTIAL = "partial", _("Left unfinished")
        DETACHED = "detached", _("Sent anonymously; only says that this browser answered, and not what")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="responses")
    version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="+")
    invitation = models.OneToOneField(
        Invitation, null=True, blank=True, on_delete=models.CASCADE, related_name="response"
    )
    link = models.ForeignKey(SurveyLink, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    resume_hash = models.CharField(
        max_length=64, null=True, blank=True, unique=True, help_text=_("Of the token that only the browser holds.")
    )
    language = models.CharField(max_length=35, blank=True)
    answers = models.JSONField(default=dict)
    page = models.CharField(max_length=40, blank=True)
    edition = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    day = models.DateField(help_text=_("The day it was begun, in the company's time zone."))
    started_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    is_due = models.BooleanField(default=False)
    fault = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["survey", "state", "day"], name="response_of_survey"),
            models.Index(fields=["is_due"], condition=models.Q(is_due=True), name="response_is_due"),
            models.Index(fields=["fault"], condition=~models.Q(fault=""), name="response_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.survey}: {self.state}"


class HeldAnswer(models.Model):
    """An anonymous answer that is complete and durable, and waits to be let go together with others, shuffled.

    What is written with it in one transaction, the invitation that was spent, must not be told from the order, the
    time or the transaction in which answers appear: those let go together share theirs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="held_answers")
    version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(SurveyLink, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    language = models.CharField(max_length=35, blank=True)
    day = models.DateField()
    state = models.CharField(max_length=10, choices=SurveyResponse.State.choices)
    channel = models.CharField(max_length=10)
    wave = models.PositiveIntegerField(null=True, blank=True)
    answers = models.JSONField(default=dict, help_text=_("Until they are signals."))
    signals = models.BinaryField(default=bytes, help_text=_("As in the inbox."))
    is_due = models.BooleanField(default=False)
    fault = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"{self.survey}, {self.day}"


class AnswerRate(models.Model):
    """How many answers were begun in one hour, through one link, or from one address or browser, known by a keyed hash.

    Deleted when the hour is over.
    """

    key = models.CharField(max_length=80, primary_key=True)
    hour = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"
