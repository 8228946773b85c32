"""Surveys and their versions. The words of a survey are a document (`surveys.document`), one a version."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from headwater.base.models import Versioned


class Survey(models.Model):
    """What is asked, over all its versions. Its signals come from the source `survey-NAME`."""

    name = models.SlugField(_("name"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def source(self) -> str:
        """The source that its signals name."""
        return f"survey-{self.name}"


class SurveyVersion(Versioned):
    """One version of a survey's document; `scope` is the survey's number as text."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="versions")

    class Meta(Versioned.Meta):
        ordering = ["-version", "-id"]

    def __str__(self) -> str:
        return f"{self.survey} {self.version or _('draft')}"


class SurveyLogo(models.Model):
    """A brand's logo, read and written anew; its name tells its content and its size."""

    name = models.CharField(max_length=60, primary_key=True)
    content = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class SurveyStep(models.Model):
    """The draft as it was before one edit, so that the edit can be undone. Steps end with their draft."""

    row = models.ForeignKey(SurveyVersion, on_delete=models.CASCADE, related_name="steps")
    edition = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta:
        ordering = ["-edition"]
        constraints = [models.UniqueConstraint(fields=["row", "edition"], name="survey_step_once")]

    def __str__(self) -> str:
        return f"{self.row_id} before {self.edition}"
