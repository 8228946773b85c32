"""The versions of the taxonomy: one document a version, edited as a draft, published with the next number."""

from headwater.base.models import Versioned


class TaxonomyVersion(Versioned):
    """Stages, moments, causes and departments as one JSON document; see ``documents.written`` for its shape.

    One document, not rows per version: a version is read whole, compared whole, and never changes once published.
    """

    class Meta(Versioned.Meta):
        ordering = ["-version", "-id"]
