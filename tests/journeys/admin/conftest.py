"""Fixtures for the screens of journeys."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests import cast
from tests.channels.outbox import content, sender


@pytest.fixture
def marketer(db: None, client: Client) -> Client:
    """Mara, with the rights of a marketer, at the admin."""
    sender("email")
    content("hello")
    mara = cast.marketer()
    mara.groups.add(Group.objects.get(name="Marketer"))
    client.force_login(mara)
    return client
