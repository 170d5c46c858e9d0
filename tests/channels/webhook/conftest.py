"""Fixtures for tests of webhooks."""

from collections.abc import Iterator

import pytest

from tests.channels.webhook.receiver import Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback that says yes to everything."""
    with listening() as found:
        yield found
