import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns that are empty, or have a default in the database: no row is rewritten, and older code goes on working."""

    dependencies = [
        ("content", "0002_terms_that_hold"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="redemption",
            options={
                "permissions": [("undo_redemption", "Can undo redemptions of others")],
                "verbose_name": "redemption",
                "verbose_name_plural": "redemptions",
            },
        ),
        migrations.AddField(
            model_name="redemption",
            name="undone_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="undone at"),
        ),
        migrations.AddField(
            model_name="redemption",
            name="undone_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="redemption",
            name="undone_by_name",
            field=models.CharField(blank=True, db_default="", max_length=150, verbose_name="undone by"),
        ),
        migrations.AddField(
            model_name="redemption",
            name="undo_key",
            field=models.CharField(blank=True, db_default="", max_length=64, verbose_name="request key of the undoing"),
        ),
    ]
