from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    """New rows obey from now on; those that stand are looked at by the next migration, which locks nobody out."""

    dependencies = [
        ("channels", "0011_message_payload"),
    ]

    operations = [
        AddConstraintNotValid(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("content__isnull", False), ("payload__isnull", True))
                | models.Q(("content__isnull", True), ("payload__isnull", False)),
                name="message_content_or_payload",
            ),
        ),
    ]
