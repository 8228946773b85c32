"""The tables of this room, one file a subject."""

from headwater.journey.models.agreement import AgreementDecider, StageAnswer, StageAsking
from headwater.journey.models.future import FutureDecision, FutureJourney
from headwater.journey.models.moments import MomentLeader
from headwater.journey.models.taxonomy import TaxonomyStep, TaxonomyVersion

__all__ = [
    "AgreementDecider",
    "FutureDecision",
    "FutureJourney",
    "MomentLeader",
    "StageAnswer",
    "StageAsking",
    "TaxonomyStep",
    "TaxonomyVersion",
]
