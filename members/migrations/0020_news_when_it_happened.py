"""News says when it happened, so that its fact is looked up in its month."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0019_touchpoints_by_month")]
    operations = [
        migrations.AddField(model_name="news", name="happened_at", field=models.DateTimeField(null=True)),
    ]
