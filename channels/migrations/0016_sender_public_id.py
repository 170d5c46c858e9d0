"""Senders get an id that addresses of the API name them by; the database draws one for each that is there."""

import uuid

import django.contrib.postgres.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    """A column of its own for each row: the default is asked anew for every one."""

    dependencies = [("channels", "0015_messages_of_a_journey")]

    operations = [
        migrations.AddField(
            model_name="sender",
            name="public_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                unique=True,
            ),
        ),
    ]
