from django.db import migrations, models


class Migration(migrations.Migration):
    """No change of the table: PostgreSQL knows nothing of the words."""

    dependencies = [
        ("channels", "0013_message_webhook"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="origin_kind",
            field=models.CharField(
                choices=[
                    ("enrollment", "Journey"),
                    ("rep", "Sales rep"),
                    ("test", "Test"),
                    ("opt_in", "Opt-in"),
                    ("webhook", "Webhook subscription"),
                    ("counter", "Counter"),
                ],
                max_length=16,
            ),
        ),
    ]
