import django.db.models.deletion
from django.db import migrations, models

CARRIED = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("chat", "Chat"),
    ("desk", "Desk"),
    ("counter", "Counter"),
    ("webhook", "Webhook"),
]


class Migration(migrations.Migration):
    """A message may say a payload instead of a content. No row is rewritten, and older code goes on working."""

    dependencies = [
        ("channels", "0010_letters"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="payload",
            field=models.JSONField(blank=True, null=True, verbose_name="payload"),
        ),
        migrations.AlterField(
            model_name="message",
            name="content",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="content.content",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="channel",
            field=models.CharField(choices=CARRIED, max_length=8, verbose_name="channel"),
        ),
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
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="messagecount",
            name="channel",
            field=models.CharField(choices=CARRIED, max_length=8),
        ),
        migrations.AlterField(
            model_name="sender",
            name="channel",
            field=models.CharField(choices=CARRIED, max_length=8, verbose_name="channel"),
        ),
    ]
