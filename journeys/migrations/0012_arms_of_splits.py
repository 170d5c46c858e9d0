"""The arms that enrollments took, their counts, and what was decided of them: tables that nothing has yet."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0011_trace_by_month"),
        ("members", "0016_days_of_the_year"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Arm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step_key", models.CharField(max_length=64)),
                ("enrollment_id", models.BigIntegerField()),
                ("arm", models.CharField(max_length=64)),
                ("round", models.IntegerField()),
                ("by_lot", models.BooleanField()),
                (
                    "journey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="journeys.journey",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="members.member",
                    ),
                ),
            ],
            options={
                "verbose_name": "arm",
                "verbose_name_plural": "arms",
                "constraints": [
                    models.UniqueConstraint(fields=("member", "journey", "step_key", "enrollment_id"), name="arm_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ArmCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step_key", models.CharField(max_length=64)),
                ("round", models.IntegerField()),
                ("arm", models.CharField(max_length=64)),
                ("by_lot", models.BooleanField()),
                ("day", models.DateField()),
                ("entered", models.IntegerField(default=0)),
                ("converted", models.IntegerField(default=0)),
                (
                    "journey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="journeys.journey",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["journey", "step_key", "round"], name="arm_count")],
            },
        ),
        migrations.CreateModel(
            name="SplitDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step_key", models.CharField(max_length=64, verbose_name="step")),
                ("round", models.IntegerField(verbose_name="round")),
                ("arm", models.CharField(blank=True, max_length=64, verbose_name="arm")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("rule", models.JSONField(default=dict, verbose_name="rule")),
                ("arms", models.JSONField(default=list, verbose_name="arms")),
                (
                    "journey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="journeys.journey",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="journeys.version",
                    ),
                ),
                (
                    "who",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "decision of a split",
                "verbose_name_plural": "decisions of splits",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("arm", ""), _negated=True),
                        fields=("journey", "step_key", "round"),
                        name="split_won_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("arm", "")),
                        fields=("journey", "step_key", "round"),
                        name="split_opened_once",
                    ),
                ],
            },
        ),
    ]
