"""Prepare, beside live work, that the log of contacts is partitioned by month."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

from members.partitions import converting


def prepare(_apps: Any, editor: Any) -> None:
    converting.prepare(editor, "members_touchpoint", "happened_at", datetime.now(UTC))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("members", "0017_pulses")]
    operations = [migrations.RunPython(prepare)]
