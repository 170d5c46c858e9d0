"""Arms refer to what never goes away without foreign keys, as enrollments and traces do: each split checked two."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0012_arms_of_splits"),
        ("members", "0019_touchpoints_by_month"),
    ]

    operations = [
        migrations.AlterField(
            model_name="arm",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="journeys.journey",
            ),
        ),
        migrations.AlterField(
            model_name="arm",
            name="member",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="members.member",
            ),
        ),
    ]
