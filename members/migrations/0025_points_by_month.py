"""Partition entries of points by month: the table as it stands becomes the first partition."""

from typing import Any

from django.db import migrations

from members.partitions import converting


def convert(_apps: Any, editor: Any) -> None:
    converting.convert(editor, "members_pointsentry", "happened_at")


class Migration(migrations.Migration):
    dependencies = [("members", "0024_purchases_by_month")]
    operations = [migrations.RunPython(convert)]
