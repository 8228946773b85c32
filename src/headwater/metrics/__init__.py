"""Definitions of metrics, and the one way from a definition to an estimate."""
