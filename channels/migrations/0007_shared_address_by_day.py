"""What shares an address is refused on the same day, not for ever: whoever comes back into a journey is written to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0006_doors_of_the_desk"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="message",
            name="message_address_once",
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("once__isnull", False), models.Q(("state", "cancelled"), _negated=True)),
                fields=("once", "planned_day"),
                name="message_address_once",
            ),
        ),
    ]
