"""The customer record at rest, and the questions that read it."""

from headwater.record.arrivals import Outcome, Plan
from headwater.record.record import Record
from headwater.record.signals import ReplayedTransaction, StalePlan
from headwater.record.store import Versions

__all__ = ["Outcome", "Plan", "Record", "ReplayedTransaction", "StalePlan", "Versions"]
