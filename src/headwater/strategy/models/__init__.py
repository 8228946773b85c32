"""The tables of this room, one file a subject."""

from headwater.strategy.models.boards import Board, Pin
from headwater.strategy.models.discovery import Discovery, DiscoveryAnswer
from headwater.strategy.models.guideposts import GuidepostsVersion
from headwater.strategy.models.measures import DefinitionEdition, Measure, Reading, SignOff
from headwater.strategy.models.readiness import EvidenceFile, ReadinessItem, ReadinessMilestone
from headwater.strategy.models.requests import Request
from headwater.strategy.models.roadmap import PhaseEvidence, PhasePlan
from headwater.strategy.models.statements import StrategyAnswer, StrategyEdit, StrategyVersion
from headwater.strategy.models.trials import Trial, TrialAnswer, TrialLink

__all__ = [
    "Board",
    "DefinitionEdition",
    "Discovery",
    "DiscoveryAnswer",
    "EvidenceFile",
    "GuidepostsVersion",
    "Measure",
    "PhaseEvidence",
    "PhasePlan",
    "Pin",
    "ReadinessItem",
    "ReadinessMilestone",
    "Reading",
    "Request",
    "SignOff",
    "StrategyAnswer",
    "StrategyEdit",
    "StrategyVersion",
    "Trial",
    "TrialAnswer",
    "TrialLink",
]
