"""After every migration the tables hold what the rest relies on."""

import pytest
from django.apps.registry import Apps
from django.core.management.sql import emit_post_migrate_signal

from members.apps import fill
from members.models import StandingPolicy, Zone

pytestmark = pytest.mark.django_db


def test_zones_and_the_standing_policy_come_back_and_stay():
    Zone.objects.all().delete()
    StandingPolicy.objects.all().delete()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    StandingPolicy.objects.update(gold_share="0.1")
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")
    assert Zone.objects.filter(name="Europe/Berlin").exists()
    assert [float(policy.gold_share) for policy in StandingPolicy.objects.all()] == [0.1]


def test_migrating_back_to_nothing_fills_nothing():
    Zone.objects.all().delete()
    fill("default", apps=Apps())
    assert not Zone.objects.exists()
