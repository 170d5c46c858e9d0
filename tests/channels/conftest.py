"""Fixtures for tests of channels."""

from tests.channels.deliveries import script

__all__ = ["script"]
