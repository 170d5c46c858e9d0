from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models

# Built beside the running house. A build that was broken off leaves an index that nobody uses: it is built again.
BUILD = migrations.RunSQL(
    [
        "DROP INDEX CONCURRENTLY IF EXISTS message_webhook",
        (
            "CREATE INDEX CONCURRENTLY message_webhook ON channels_message (sender_id, queued_at DESC)"
            " WHERE channel = 'webhook'"
        ),
    ],
    "DROP INDEX CONCURRENTLY IF EXISTS message_webhook",
)


class Migration(migrations.Migration):
    atomic = False  # the index is built CONCURRENTLY

    dependencies = [
        ("channels", "0012_message_content_or_payload"),
    ]

    operations = [
        ValidateConstraint(model_name="message", name="message_content_or_payload"),
        migrations.SeparateDatabaseAndState(
            database_operations=[BUILD],
            state_operations=[
                migrations.AddIndex(
                    model_name="message",
                    index=models.Index(
                        condition=models.Q(("channel", "webhook")),
                        fields=["sender", "-queued_at"],
                        name="message_webhook",
                    ),
                )
            ],
        ),
    ]
