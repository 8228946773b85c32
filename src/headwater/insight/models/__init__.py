"""The tables of this room, one file a subject."""

from headwater.insight.models.finance import FinanceEntry
from headwater.insight.models.labels import AuditItem, LabelCorrection, LabellerInForce, TextModel

__all__ = ["AuditItem", "FinanceEntry", "LabelCorrection", "LabellerInForce", "TextModel"]
