"""The tables of this room, one file a subject."""

from headwater.journey.models.taxonomy import TaxonomyVersion

__all__ = ["TaxonomyVersion"]
