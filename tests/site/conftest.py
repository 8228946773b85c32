"""A company with a published journey and a record whose figures are known by hand, as the pages find it."""

from tests.insight.conftest import empty_record, journey, label, person_with, record, write

__all__ = ["empty_record", "journey", "label", "person_with", "record", "write"]
