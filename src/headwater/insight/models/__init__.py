"""The tables of this room, one file a subject."""

from headwater.insight.models.finance import FinanceEntry
from headwater
from headwater.insight.models.hunches import Hunch
from headwater.insight.models.integrity import AgentOfPerson, IncentiveReview, PatternReply
from headwater.insight.models.weighting import CustomerMargin

__all__ = [
    "AgentOfPerson",
    "CustomerMargin",
    "FinanceEntry
from headwater",
    "Hunch",
    "IncentiveReview",
    "PatternReply",
]
