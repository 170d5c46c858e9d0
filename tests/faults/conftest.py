"""Fixtures for the tests of what Chorale guarantees."""

from tests.channels.deliveries import script

__all__ = ["script"]
