"""Triggers: rules over signals and events, what is kept of each unit they watch, and every time they fired."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Trigger(models.Model):
    """An event-pattern moment: a rule that a person made in a form, and what answers it when it fires.

    ``rule`` is the document of the present edition, see ``trigger_rules.Rule``. ``target`` and ``delay_hours`` are for
    answers that choose something and wait, such as a survey asked two days later. ``watched_since`` is the time from
    which on the states of its units are complete; null: from the beginning, or none are kept.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        BUILDING = "building", _("Reading the record")
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        RETIRED = "retired", _("Retired")

    class Action(models.TextChoices):
        CASE = "case", _("Open a case")
        THANK_YOU = "thank_you", _("Send a thank-you")
        RECOGNITION = "recognition", _("Recognise a colleague")
        SURVEY = "survey", _("Ask with a survey")

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=600, blank=True)
    stage = models.CharField(_("stage"), max_length=60, blank=True)
    moment = models.CharField(_("moment"), max_length=60, blank=True)
    action = models.CharField(_("answer"), max_length=12, choices=Action.choices, default=Action.CASE)
    target = models.CharField(_("which"), max_length=80, blank=True, help_text=_("Which survey, by its name."))
    delay_hours = models.PositiveSmallIntegerField(_("hours until it is answered"), default=0)
    grace_days = models.PositiveSmallIntegerField(_("grace period in days"), default=7)
    wait_hours = models.PositiveSmallIntegerField(_("hours to wait for late news"), default=0)
    rule = models.JSONField(_("rule"))
    edition = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    activated_at = models.DateTimeField(null=True, blank=True)
    watched_since = models.DateTimeField(null=True, blank=True)
    seen = models.CharField(max_length=100, blank=True, help_text=_("The versions of the record last looked at."))
    built_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TriggerEdition(models.Model):
    """What a trigger's rule was: a new row with each change of the rule, never changed itself."""

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="editions")
    edition = models.PositiveIntegerField()
    rule = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-edition"]
        constraints = [models.UniqueConstraint(fields=["trigger", "edition"], name="one_edition_of_a_trigger")]

    def __str__(self) -> str:
        return f"{self.trigger_id}.{self.edition}"


class UnitState(models.Model):
    """What a trigger remembers of one customer or subject, so that an arrival needs no scan.

    ``marks`` are lists ``[at, key, is_first, deadline]`` as ``patterns.Mark`` takes them. ``due_at``: when it fires if
    nothing more arrives. ``stale``: to be built again from the record.
    """

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="unit_states")
    unit = models.CharField(max_length=500)
    customer_id = models.CharField(max_length=500, blank=True)
    subject_id = models.CharField(max_length=500, blank=True)
    marks = models.JSONField(default=list)
    dropped_until = models.BigIntegerField(null=True)
    due_at = models.DateTimeField(null=True)
    stale = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["trigger", "unit"], name="one_state_of_a_unit")]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="unit_states_due"),
            models.Index(fields=["trigger"], condition=models.Q(stale=True), name="unit_states_stale"),
        ]

    def __str__(self) -> str:
        return f"{self.trigger_id}: {self.unit}"


class Firing(models.Model):
    """One occurrence that a trigger found: once for each trigger, unit and occurrence, whatever arrives again.

    ``occurred_at`` is when it fired by the rule, ``mark_at`` when the signal behind it occurred.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for a person")
        ANSWERED = "answered", _("Answered")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        HISTORY = "history", _("Before its time")

    trigger = models.ForeignKey(Trigger, on_delete=models.CASCADE, related_name="firings")
    edition = models.PositiveIntegerField()
    unit = models.CharField(max_length=500)
    occurrence = models.CharField(max_length=40)
    signal_key = models.BigIntegerField()
    customer_id = models.CharField(max_length=500, blank=True, db_index=True)
    subject_id = models.CharField(max_length=500, blank=True)
    occurred_at = models.DateTimeField()
    mark_at = models.DateTimeField()
    found_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=State.choices)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    contradicted_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When later news said that it was not so, after it had been answered.")
    )

    class Meta:
        ordering = ["-occurred_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["trigger", "unit", "occurrence"], name="one_firing_of_an_occurrence")
        ]
        indexes = [models.Index(fields=["trigger", "state", "-occurred_at"], name="firings_by_state")]

    def __str__(self) -> str:
        return f"{self.trigger_id}: {self.unit} {self.occurrence}"
