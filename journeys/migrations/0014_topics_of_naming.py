"""Journeys listen to two more topics under which members are named for them; those that are live learn of these here."""

from django.db import migrations

LISTEN = """
INSERT INTO members_listener (listener, topic)
SELECT l.listener, word || substr(l.topic, 5)
FROM members_listener l, (VALUES ('again'), ('existing')) AS more(word)
WHERE l.listener LIKE 'journey:%' AND l.topic LIKE 'ramp:%'
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("journeys", "0013_arms_without_constraints"),
        ("members", "0019_touchpoints_by_month"),
    ]

    operations = [migrations.RunSQL(LISTEN, migrations.RunSQL.noop)]
