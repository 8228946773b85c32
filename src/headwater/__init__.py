"""Headwater: where a bad experience starts, what it costs, who can change it, and whether the change worked."""

__version__ = "0.1.0"
