"""Colleagues' signals: their sources, what arrived, privacy assessments and the rules of how small a group may be."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class EmployeeSource(models.Model):
    """Where colleagues' signals come from: a pulse, a personnel system. Kept apart from the sources of customers'."""

    name = models.SlugField(_("name"), max_length=80, unique=True)
    mapping = models.TextField(_("mapping"), blank=True)
    questions = models.JSONField(default=list, help_text=_("Every question and amount that ever came from here."))
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class EmployeeArrival(models.Model):
    """One file or call with colleagues' signals, and what became of its rows. Its number orders what arrived.

    Nothing of the rows is kept here: why a row was left out is told by its number, a code and words without values.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Waiting for its mapping")
        DONE = "done", _("Done")

    source = models.ForeignKey(EmployeeSource, on_delete=models.PROTECT, related_name="arrivals")
    file_name = models.CharField(max_length=255, blank=True)
    path = models.TextField(blank=True)
    mapping = models.TextField(blank=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.UPLOADED)
    rows = models.PositiveIntegerField(default=0)
    signals = models.PositiveIntegerField(default=0, help_text=_("Signals that are new or changed."))
    repeated = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list, help_text=_("Row, code and words of the first rows left out."))
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.file_name or 'API'} → {self.source}"


class PrivacyAssessment(models.Model):
    """A privacy assessment that lets absence data in, as recorded here; without one in force there is none."""

    assessor = models.CharField(max_length=120)
    assessed_on = models.DateField()
    document = models.URLField(max_length=500)
    scope = models.TextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.assessor}, {self.assessed_on}"


class EmployeeRules(models.Model):
    """How small a group of colleagues may be to be shown, and how long their signals are kept."""

    singleton = models.BooleanField(default=True, unique=True, editable=False)
    minimum = models.PositiveSmallIntegerField(default=5)
    months_kept = models.PositiveSmallIntegerField(default=36)
    months_of_words = models.PositiveSmallIntegerField(default=12)
    edition = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(singleton=True), name="employee_rules_are_one")]

    def __str__(self) -> str:
        return f"groups of {self.minimum} and more"
