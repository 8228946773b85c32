"""Whom a survey is sent to, and who was asked when, over all surveys and channels."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from headwater.listening.models.surveys import Survey


class Addressee(models.Model):
    """Where a customer can be reached. Personal data: kept apart from the record, gone with the customer's erasure."""

    customer_id = models.CharField(max_length=500, unique=True)
    email = models.EmailField(max_length=254, blank=True, db_index=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=35, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    bounced_at = models.DateTimeField(
        null=True, blank=True, help_text=_("The address took no mail for good; another address begins anew.")
    )
    soft_bounces = models.PositiveSmallIntegerField(
        default=0, help_text=_("Invitations that came back for the time being.")
    )
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.customer_id


class ContactLimits(models.Model):
    """How often a customer may be asked, whatever the survey and the channel. One row."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    rest_days = models.PositiveSmallIntegerField(default=30)
    most_a_quarter = models.PositiveSmallIntegerField(default=3)
    reminder_days = models.PositiveSmallIntegerField(default=3, help_text=_("At least between two messages."))
    most_reminders = models.PositiveSmallIntegerField(default=2, help_text=_("To one asking."))
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(singleton=True), name="contact_limits_are_one")]

    def __str__(self) -> str:
        return f"{self.rest_days} days, {self.most_a_quarter} a quarter"


class ContactTurn(models.Model):
    """One row a customer, locked while it is decided whether the customer may be asked: deciders take turns."""

    customer_id = models.CharField(max_length=500, unique=True)

    def __str__(self) -> str:
        return self.customer_id


class Contact(models.Model):
    """Somebody was asked, or is about to be: what contact limits count. A reminder is a contact of its own kind."""

    customer_id = models.CharField(max_length=500)
    survey = models.ForeignKey(Survey, null=True, on_delete=models.SET_NULL, related_name="+")
    asking = models.UUIDField(default=uuid.uuid4, help_text=_("What was asked once: shared with its reminders."))
    channel = models.CharField(max_length=20)
    is_reminder = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["customer_id", "at"], name="contact_of_customer")]
        constraints = [
            models.UniqueConstraint(fields=["asking"], condition=Q(is_reminder=False), name="asked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.at}"


class Mailing(models.Model):
    """One round of asking: audience, sample, channel, times, reminders, quotas and when to stop (`plan`)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="mailings")
    title = models.CharField(max_length=200)
    wave = models.PositiveIntegerField(default=1, help_text=_("Number of the wave this round belongs to."))
    channel = models.CharField(max_length=20, default="email")
    plan = models.JSONField(default=dict)
    trigger = models.PositiveBigIntegerField(
        null=True, blank=True, db_index=True, help_text=_("The moment whose firings ask, one customer at a time.")
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    reason = models.CharField(max_length=500, blank=True, help_text=_("Why it stopped or paused, in words."))
    counts = models.JSONField(default=dict, help_text=_("How many were left out, by reason."))
    planned_to = models.CharField(max_length=32, blank=True, help_text=_("How far the draw has come."))
    planned_at = models.DateTimeField(null=True, blank=True, help_text=_("When the draw was complete."))
    looked_at = models.PositiveIntegerField(
        default=0, help_text=_("Answers there were at the last look at the figure.")
    )
    edition = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class Invitation(models.Model):
    """One customer asked once. Whoever holds the token may answer, once; only the token's hash is kept.

    `response_id` is what the answer bears; in an anonymous survey it is empty, and neither when the invitation was
    spent nor anything else that could be put beside an answer is kept.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SENT = "sent", _("Sent")
        SPENT = "spent", _("Answered")
        DECLINED = "declined", _("Declined")
        FAILED = "failed", _("Could not be delivered")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="invitations")
    mailing = models.ForeignKey(Mailing, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations")
    customer_id = models.CharField(max_length=500, blank=True, db_index=True)
    asking = models.UUIDField(default=uuid.uuid4, unique=True, help_text=_("The token is made from it and a key."))
    token_hash = models.CharField(max_length=64, unique=True)
    response_id = models.CharField(max_length=40, blank=True, db_index=True)
    language = models.CharField(max_length=35, blank=True)
    attributes = models.JSONField(
        default=dict, help_text=_("The customer's segments when asked; copied to the answer.")
    )
    stratum = models.CharField(max_length=200, blank=True)
    once = models.BooleanField(default=True, help_text=_("Not of a moment, which may come to a customer again."))
    declined = models.BooleanField(default=False, help_text=_("The customer wants this survey no more."))
    firing = models.PositiveBigIntegerField(null=True, blank=True, unique=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED)
    due_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True, help_text=_("Never kept in an anonymous survey."))
    bounce = models.CharField(
        max_length=11, blank=True, help_text=_("Why the mail came back, as a status of RFC 3463 (5.1.1).")
    )
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="invitation_due"),
            models.Index(fields=["mailing", "state"], name="invitation_of_mailing"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["mailing", "customer_id"],
                condition=Q(once=True) & ~Q(customer_id=""),
                name="one_invitation_a_mailing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.survey}: {self.state}"
