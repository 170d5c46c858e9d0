"""Enrollments and traces refer to what never goes away without foreign keys: each move checked six of them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0007_rounds"),
        ("members", "0017_pulses"),
    ]

    operations = [
        migrations.AlterField(
            model_name="enrollment",
            name="journey",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="enrollments",
                to="journeys.journey",
            ),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="step",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="enrollments",
                to="journeys.step",
            ),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="version",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="enrollments",
                to="journeys.version",
            ),
        ),
        migrations.AlterField(
            model_name="trace",
            name="enrollment",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="trace",
                to="journeys.enrollment",
            ),
        ),
        migrations.AlterField(
            model_name="trace",
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
            model_name="trace",
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
