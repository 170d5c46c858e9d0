"""Prepare, beside live work, that events, purchases and entries of points are partitioned by month."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations

from members.partitions import converting


def prepare(_apps: Any, editor: Any) -> None:
    for table in ("members_event", "members_purchase", "members_pointsentry"):
        converting.prepare(editor, table, "happened_at", datetime.now(UTC))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("members", "0021_lines_without_constraint")]
    operations = [migrations.RunPython(prepare)]
