"""Partition the trace by month: the table as it stands becomes the first partition."""

from typing import Any

from django.db import migrations

from members.partitions import converting


def convert(_apps: Any, editor: Any) -> None:
    converting.convert(editor, "journeys_trace", "at")


class Migration(migrations.Migration):
    dependencies = [("journeys", "0010_trace_by_month_prepared")]
    operations = [migrations.RunPython(convert)]
