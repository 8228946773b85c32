"""Ready mappings: how the exports of well-known tools become signals, as data, and how their files are recognised."""

from headwater.listening.ready.catalogue import Ready, ready_mapping, ready_mappings
from headwater.listening.ready.recognition import Recognised, recognise, with_ready

__all__ = ["Ready", "Recognised", "ready_mapping", "ready_mappings", "recognise", "with_ready"]
