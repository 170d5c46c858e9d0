"""How often each way back was taken: a column without a value, which the database adds at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journeys", "0006_holdout_over_all")]

    operations = [
        migrations.AddField(
            model_name="enrollment",
            name="rounds",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]
