import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    """A table of the words that names are made of, and pg_trgm to find words that are alike.

    The extension is a trusted one: since PostgreSQL 13 the owner of the database may create it, also where it is
    managed by somebody else.
    """

    dependencies = [
        ("members", "0009_audit_entries_stay"),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="NameWord",
            fields=[
                ("word", models.CharField(max_length=201, primary_key=True, serialize=False)),
            ],
            options={
                "verbose_name": "word of a name",
                "verbose_name_plural": "words of names",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["word"], name="name_word_alike", opclasses=["gin_trgm_ops"]
                    )
                ],
            },
        ),
    ]
