"""The audit misses no contact that was dropped when its time was over, and each one that is missing before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels import delivery
from journeys import audit
from members.models import Touchpoint
from tests import cast
from tests.cast import NOW
from tests.channels.deliveries import Script, message, script, sender  # noqa: F401 - a fixture


def found(now: Any) -> int:
    """How many messages the audit finds in no history."""
    [count] = [finding.count for finding in audit.run(now) if finding.name == "told_at_all"]
    return count


@pytest.mark.django_db
def test_what_is_over_its_time_is_not_missed(script: Script, settings: Any) -> None:  # noqa: F811
    carrier = sender()
    message(cast.ada())
    delivery.deliver(carrier, NOW)
    Touchpoint.objects.all().delete()
    settings.CHORALE_KEEP_TOUCHPOINTS_MONTHS = 2
    assert found(NOW + timedelta(days=40)) == 1
    assert found(NOW + timedelta(days=100)) == 0
    settings.CHORALE_KEEP_TOUCHPOINTS_MONTHS = 0
    assert found(NOW + timedelta(days=100)) == 1
