"""Rotation of third-party API keys, kept in git."""

__version__ = "0.1.0"
