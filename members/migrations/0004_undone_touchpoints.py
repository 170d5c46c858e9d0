from django.db import migrations, models


class Migration(migrations.Migration):
    """No change of the table: PostgreSQL knows nothing of the words."""

    dependencies = [
        ("members", "0003_room_for_any_sum"),
    ]

    operations = [
        migrations.AlterField(
            model_name="touchpoint",
            name="kind",
            field=models.CharField(
                choices=[
                    ("message", "Message"),
                    ("follow_up", "Follow-up"),
                    ("call", "Call"),
                    ("visit", "Visit"),
                    ("note", "Note"),
                    ("delivered", "Delivered"),
                    ("failed", "Failed"),
                    ("clicked", "Clicked"),
                    ("replied", "Replied"),
                    ("unsubscribed", "Unsubscribed"),
                    ("complained", "Complained"),
                    ("redeemed", "Redeemed"),
                    ("undone", "Redemption undone"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
    ]
