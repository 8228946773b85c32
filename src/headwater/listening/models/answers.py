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
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class SurveyResponse(models.Model):
    """One response. Its answers are here until it is complete, then they are signals and this row is only counted.

    In an anonymous survey it has no invitation and no time finer than a day, and its number is random.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Begun")
        COMPLETE = "complete", _("Complete")
        PARTIAL = "partial", _("Left unfinished")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="responses")
    version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="+")
    invitation = models.OneToOneField(
        Invitation, null=True, blank=True, on_delete=models.SET_NULL, related_name="response"
    )
    link = models.ForeignKey(SurveyLink, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    resume_hash = models.CharField(max_length=64, blank=True, db_index=True)
    language = models.CharField(max_length=35, blank=True)
    answers = models.JSONField(default=dict)
    page = models.CharField(max_length=40, blank=True)
    edition = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    day = models.DateField(help_text=_("The day it was begun, in the company's time zone."))
    started_at = models.DateTimeField(null=True, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["survey", "state", "day"], name="response_of_survey")]

    def __str__(self) -> str:
        return f"{self.survey}: {self.state}"
