"""Fixtures for tests of channels."""

from tests.channels.deliveries import script
from tests.channels.webhook.receiver import receiver

__all__ = ["receiver", "script"]
