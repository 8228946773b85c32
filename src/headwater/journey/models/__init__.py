"""The tables of this room, one file a subject."""

from headwater.journey.models.agreement import AgreementDecider, StageAnswer, StageAsking
from headwater.journey.models.future import FutureDecision, FutureJourney
from headwater.journey.models.moments import MomentLeader
from headwater.journey.models.standards import SeriesPoint, Standard
from headwater.journey.models.taxonomy import TaxonomyStep, TaxonomyVersion
from headwater.journey.models.triggers import Firing, Trigger, TriggerEdition, UnitState

__all__ = [
    "AgreementDecider",
    "Firing",
    "FutureDecision",
    "FutureJourney",
    "MomentLeader",
    "SeriesPoint",
    "StageAnswer",
    "StageAsking",
    "Standard",
    "TaxonomyStep",
    "TaxonomyVersion",
    "Trigger",
    "TriggerEdition",
    "UnitState",
]
