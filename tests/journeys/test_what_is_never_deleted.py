"""What members stand in, and what they were told by whom, is there for good."""

from __future__ import annotations

import pytest
from django.db.models import ProtectedError

from channels.models import Sender
from content.models import Content
from journeys.models import Edge
from tests import cast
from tests.cast import NOW
from tests.channels.outbox import content, sender
from tests.journeys.drawn import published, tick
from tests.journeys.shop import send, wait

pytestmark = pytest.mark.django_db


def test_what_enrollments_and_messages_refer_to_is_not_deleted() -> None:
    """Not one by one and not by set, and neither are the steps where nobody stands just now."""
    content("hello")
    sender("email")
    journey = published([send(), wait()])
    cast.event(cast.ada(), "go")
    tick(NOW)
    assert journey.current
    referred = [journey, journey.current, *journey.current.steps.all(), Edge.objects.first()]
    for one in [*referred, Content.objects.get(), Sender.objects.get()]:
        assert one
        with pytest.raises((ProtectedError, TypeError)):
            one.delete()
        with pytest.raises((ProtectedError, TypeError)):
            type(one).objects.filter(pk=one.pk).delete()
