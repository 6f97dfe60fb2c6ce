"""Prices of space shuttles."""

__version__ = "0.1"
