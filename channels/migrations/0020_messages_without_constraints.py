"""Messages refer to content and sender without foreign keys, whose one row each was locked by every message."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0019_quiet_hours_by_country"),
        ("content", "0004_one_standing_redemption"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="content",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="content.content",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="sender",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to="channels.sender",
            ),
        ),
    ]
