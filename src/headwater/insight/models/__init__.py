"""The tables of this room, one file a subject."""

from headwater.insight.models.alerts import Alert, AlertWatch
from headwater.insight.models.employees import EmployeeDefinition, EmployeeRelease
from headwater.insight.models.finance import FinanceEntry
from headwater.insight.models.hunches import Hunch
from headwater.insight.models.integrity import AgentOfPerson, IncentiveReview, PatternReply
from headwater.insight.models.labels import AuditItem, LabelCorrection, LabellerInForce, TextModel
from headwater.insight.models.themes import Theme, ThemeSearch
from headwater.insight.models.weighting import CustomerMargin

__all__ = [
    "AgentOfPerson",
    "Alert",
    "AlertWatch",
    "AuditItem",
    "CustomerMargin",
    "EmployeeDefinition",
    "EmployeeRelease",
    "FinanceEntry",
    "Hunch",
    "IncentiveReview",
    "LabelCorrection",
    "LabellerInForce",
    "PatternReply",
    "TextModel",
    "Theme",
    "ThemeSearch",
]
