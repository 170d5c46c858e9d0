"""Partition the log of contacts by month: the table as it stands becomes the first partition."""

from typing import Any

from django.db import migrations

from members.partitions import converting


def convert(_apps: Any, editor: Any) -> None:
    converting.convert(editor, "members_touchpoint", "happened_at")


class Migration(migrations.Migration):
    dependencies = [("members", "0018_touchpoints_by_month_prepared")]
    operations = [migrations.RunPython(convert)]
