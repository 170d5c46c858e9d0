from django.db import migrations

from members import names


class Migration(migrations.Migration):
    """Members by the words of their names; built beside whoever works, then the words of those who are here already.

    The expression is the code's own and not a copy: an index over another one would never be used.
    """

    atomic = False

    dependencies = [
        ("members", "0010_words_of_names"),
    ]

    operations = [
        migrations.RunSQL(
            f"""
            CREATE INDEX CONCURRENTLY IF NOT EXISTS member_name_words
            ON members_member USING gin (({names.words_of("first_name", "last_name")}))
            """,
            "DROP INDEX CONCURRENTLY IF EXISTS member_name_words",
        ),
        migrations.RunSQL(names.REFRESH, migrations.RunSQL.noop),
    ]
