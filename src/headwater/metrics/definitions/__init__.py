"""Definitions of metrics: :data:`METRICS` by name, and what each of them says."""

from headwater.metrics.definitions.catalogue import DEFINITIONS
from headwater.metrics.definitions.definition import MetricDefinition, ScaleError, parse_scale

METRICS: dict[str, MetricDefinition] = {definition.name: definition for definition in DEFINITIONS}

__all__ = ["METRICS", "MetricDefinition", "ScaleError", "parse_scale"]
