"""The tables of the company: its structure, its people and the housekeeping that every room uses."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Company(models.Model):
    """The one company this installation serves."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    pack = models.CharField(max_length=64, blank=True)
    is_sample = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(singleton=True), name="company_is_one")]

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A department; departments form a tree, and the departments a journey pack speaks of are mapped onto them."""

    name = models.CharField(max_length=120, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    head = models.ForeignKey("base.Person", models.SET_NULL, null=True, blank=True, related_name="heads")
    pack_departments = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Someone who works here and signs in. Roles are those of ``permissions.ROLES``."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    title = models.CharField(_("title"), max_length=120, blank=True)
    department = models.ForeignKey(Department, models.PROTECT, null=True, blank=True, related_name="people")
    manager = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="reports")
    site = models.CharField(_("site"), max_length=120, blank=True)
    level = models.CharField(_("level"), max_length=60, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    roles = models.JSONField(default=list)
    is_active = models.BooleanField(default=True)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    # Set for one request by the API's token sign-in: what the token narrows the roles down to.
    token_scopes: frozenset[str] | None = None

    class Meta:
        ordering = ["name", "email"]

    def __str__(self) -> str:
        return self.name

    def has_role(self, *roles: str) -> bool:
        """Say whether this person has one of ``roles``."""
        return not set(roles).isdisjoint(self.roles)


class ApiToken(models.Model):
    """A token for programs. Only a digest is kept: the token itself is shown once, when it is made."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]


class HistoryEntry(models.Model):
    """One thing that was done; see ``history.record_history``. Entries are never changed."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=120, blank=True)
    code = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=200, db_index=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]


class Job(models.Model):
    """One piece of background work, waiting, running under a lease, or finished; see ``queue``."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    name = models.CharField(max_length=120)
    lane = models.CharField(max_length=16, default="quick")
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    unique_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  NULL: not unique
    slot_key = models.CharField(max_length=200, null=True, blank=True, unique=True)
    requested_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    run_at = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    max_failures = models.PositiveIntegerField(default=5)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    cancel_requested = models.BooleanField(default=False)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    progress_note = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "lane", "run_at"], name="job_waiting"),
            models.Index(fields=["name", "state"], name="job_name_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unique_key"], condition=Q(state="waiting"), name="job_waits_once"),
            models.UniqueConstraint(
                fields=["unique_key"], condition=Q(state="running"), name="job_runs_once_at_a_time"
            ),
        ]

    @property
    def is_finished(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)

    @property
    def percent(self) -> int | None:
        """Whole per cent done; None while the total is not known."""
        if not self.progress_total:
            return None
        return min(100, 100 * self.progress_done // self.progress_total)


class Schedule(models.Model):
    """When a recurring task was last put into the queue: its slot, in whole intervals since 1970."""

    name = models.CharField(max_length=120, unique=True)
    every_seconds = models.PositiveIntegerField()
    last_slot = models.BigIntegerField(default=-1)


class OutboxMail(models.Model):
    """A mail to be sent, written in the transaction that causes it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("Not sent")

    class Lane(models.TextChoices):
        DIRECT = "direct", _("One at a time")
        BULK = "bulk", _("Many at once")

    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    lane = models.CharField(max_length=6, choices=Lane.choices, default=Lane.DIRECT)
    sender = models.CharField(max_length=320, blank=True, help_text=_("From; empty: the installation’s own."))
    reply_to = models.EmailField(max_length=254, blank=True)
    return_path = models.EmailField(max_length=254, blank=True, help_text=_("Where a server reports what came back."))
    headers = models.JSONField(default=dict, blank=True)
    about = models.CharField(max_length=80, blank=True, db_index=True, help_text=_("What it is part of, as kind:id."))
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["lane", "state", "next_try_at"], name="mail_waiting")]


class PageView(models.Model):
    """Someone opened a page. Read by the decision test of measures: a figure nobody looks at informs nobody."""

    # No constraint in the database: views are written late and in batches, when the person may be gone.
    person = models.ForeignKey(Person, models.CASCADE, db_constraint=False, related_name="+")
    route = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["route", "at"], name="pageview_route"),
            models.Index(fields=["at"], name="pageview_at"),
        ]


class Versioned(models.Model):
    """Content that is edited as a draft and published as a numbered version; see ``versions``.

    At most one row is the draft and at most one is the published version; earlier versions stay, superseded. A model
    of many things with versions of their own, such as surveys, names the thing in ``scope`` and has one of each there.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        SUPERSEDED = "superseded", _("Superseded")

    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    scope = models.CharField(max_length=80, blank=True, default="", editable=False)
    version = models.PositiveIntegerField(null=True, blank=True)
    edition = models.PositiveIntegerField(default=0)
    content = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["scope"], condition=Q(state="draft"), name="%(class)s_one_draft"),
            models.UniqueConstraint(fields=["scope"], condition=Q(state="published"), name="%(class)s_one_published"),
            models.UniqueConstraint(fields=["scope", "version"], name="%(class)s_version_once"),
        ]
