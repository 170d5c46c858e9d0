"""Prepare, beside live work, that the trace is partitioned by month."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

from members.partitions import converting


def prepare(_apps: Any, editor: Any) -> None:
    converting.prepare(editor, "journeys_trace", "at", datetime.now(UTC))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("journeys", "0009_versions_and_breaker"), ("members", "0019_touchpoints_by_month")]
    operations = [migrations.RunPython(prepare)]
