from decimal import Decimal

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0002_find_by_name"),
    ]

    operations = [
        migrations.AlterField(
            model_name="standing",
            name="points",
            field=models.BigIntegerField(default=0, verbose_name="points"),
        ),
        migrations.AlterField(
            model_name="standing",
            name="points_expiring",
            field=models.BigIntegerField(default=0, verbose_name="points that expire next"),
        ),
        migrations.AlterField(
            model_name="standing",
            name="spend",
            field=models.DecimalField(
                decimal_places=2, default=Decimal("0"), max_digits=20, verbose_name="spend of twelve months"
            ),
        ),
        migrations.AlterField(
            model_name="standing",
            name="to_next_tier",
            field=models.DecimalField(decimal_places=2, max_digits=20, null=True, verbose_name="to the next tier"),
        ),
    ]
