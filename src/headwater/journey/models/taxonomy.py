"""The versions of the taxonomy: one document a version, edited as a draft, published with the next number."""

from django.db import models

from headwater.base.models import Versioned


class TaxonomyVersion(Versioned):
    """Stages, moments, causes and departments as one JSON document; see ``documents.written`` for its shape.

    One document, not rows per version: a version is read whole, compared whole, and never changes once published.
    ``labels_as`` is the earliest version, up to this one without a break, that gives words and events the same labels.
    """

    labels_as = models.PositiveIntegerField(null=True)

    class Meta(Versioned.Meta):
        ordering = ["-version", "-id"]


class TaxonomyStep(models.Model):
    """The draft as it was before one edit, so that the edit can be undone. Steps end with their draft."""

    row = models.ForeignKey(TaxonomyVersion, models.CASCADE, related_name="steps")
    edition = models.PositiveIntegerField()
    content = models.JSONField()

    class Meta:
        ordering = ["-edition"]
        constraints = [models.UniqueConstraint(fields=["row", "edition"], name="taxonomy_step_once")]

    def __str__(self) -> str:
        return f"{self.row_id} before {self.edition}"
