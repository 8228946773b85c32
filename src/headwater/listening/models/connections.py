"""Connections: other systems that signals are fetched from, or that send them, and what each run brought."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.listening.models.arrivals import Import, Source


class Connection(models.Model):
    """One system that signals come from. Its mapping is its source's; its credentials are kept apart and encrypted.

    `position` says how far it has been read; it moves on in the transaction that keeps the rows before it.
    """

    class Kind(models.TextChoices):
        DATABASE = "database", _("Database query")
        REST = "rest", _("Paged REST API")
        WEBHOOK = "webhook", _("Webhook")
        FOLDER = "folder", _("Watched folder")

    class State(models.TextChoices):
        DRAFT = "draft", _("Not started")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")

    name = models.SlugField(_("name"), max_length=60, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="connections")
    options = models.JSONField(default=dict, help_text=_("How it is reached and read; never a secret."))
    credentials = models.BinaryField(null=True, blank=True, help_text=_("Encrypted; JSON of names and secrets."))
    schedule = models.JSONField(default=dict, help_text=_("Empty: only when someone starts it."))
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    position = models.JSONField(default=dict)
    next_run_at = models.DateTimeField(null=True, blank=True, db_index=True)
    failures = models.PositiveIntegerField(default=0, help_text=_("Runs that failed since the last that did not."))
    last_error = models.TextField(blank=True)
    told = models.BooleanField(default=False, help_text=_("Its owner was told that it fails."))
    refused_at = models.DateTimeField(null=True, blank=True, help_text=_("When a message was last turned away."))
    refused_because = models.CharField(max_length=300, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    edition = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ConnectionRun(models.Model):
    """One time a connection was read. At most one is under way; a run that brought rows has an import.

    A webhook's run is a day of its messages.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CUT_OFF = "cut_off", _("Cut off; the next run went on")
        FAILED = "failed", _("Failed")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    arrival = models.OneToOneField(Import, null=True, blank=True, on_delete=models.SET_NULL, related_name="run")
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    rows = models.PositiveBigIntegerField(default=0)
    set_aside = models.PositiveBigIntegerField(default=0)
    note = models.TextField(blank=True, help_text=_("Why it failed, or why it ended early."))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    day = models.DateField(null=True, blank=True, help_text=_("Of a webhook's run (UTC)."))
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=models.Q(state="running"), name="connection_runs_once_at_a_time"
            ),
            models.UniqueConstraint(fields=["connection", "day"], name="connection_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id}: {self.state}"


class KnownRefusal(models.Model):
    """A row of a connection that was set aside once. Fetched again unchanged, it is not set aside a second time."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="known_refusals")
    digest = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "digest"], name="refusal_known_once")]

    def __str__(self) -> str:
        return self.digest


class WebhookMessage(models.Model):
    """A message that was taken, by the id its sender gave it, so that the same one sent again changes nothing."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="messages")
    message_id = models.CharField(max_length=200)
    received_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "message_id"], name="message_taken_once")]

    def __str__(self) -> str:
        return self.message_id
