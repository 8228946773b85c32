"""The customer record at rest, and the questions that read it."""

from headwater.record.arrivals import Outcome, Plan
from headwater.record.customers import ErasureReport, UnknownCustomer
from headwater.record.filters import Filter, FilterError
from headwater.record.maintenance import Compacted, Finding
from headwater.record.record import Record
from headwater.record.signals import ReplayedTransaction, StalePlan
from headwater.record.store import Versions
from headwater.record.views import UnknownDimension

__all__ = [
    "Compacted",
    "ErasureReport",
    "Filter",
    "FilterError",
    "Finding",
    "Outcome",
    "Plan",
    "Record",
    "ReplayedTransaction",
    "StalePlan",
    "UnknownCustomer",
    "UnknownDimension",
    "Versions",
]
