from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The messages of a journey, the newest first; built beside whoever works."""

    atomic = False

    dependencies = [
        ("channels", "0014_messages_of_the_counter"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="message",
            index=models.Index(
                condition=models.Q(("journey_id__isnull", False)),
                fields=["journey_id", "-id"],
                name="message_of_journey",
            ),
        ),
    ]
