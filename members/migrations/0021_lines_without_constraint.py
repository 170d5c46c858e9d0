"""Lines refer to purchases without a foreign key: `id` alone will be no key of a table with partitions."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0020_news_when_it_happened")]
    operations = [
        migrations.AlterField(
            model_name="purchaseline",
            name="purchase",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="members.purchase",
            ),
        ),
    ]
