import django.db.models.deletion
from django.db import migrations, models

# Built beside the running house, the new rules before the old one goes: at no moment can a grant be redeemed twice.
# A build that was broken off leaves an index that refuses nothing of before: it is dropped and built again.
ONCE = migrations.RunSQL(
    [
        "DROP INDEX CONCURRENTLY IF EXISTS redemption_once",
        "CREATE UNIQUE INDEX CONCURRENTLY redemption_once ON content_redemption (grant_id) WHERE undone_at IS NULL",
    ],
    "DROP INDEX CONCURRENTLY IF EXISTS redemption_once",
)
REQUEST_INDEX = migrations.RunSQL(
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS redemption_request_once ON content_redemption"
    " (grant_id, request_key)",
    migrations.RunSQL.noop,
)
REQUEST_ONCE = migrations.RunSQL(
    "ALTER TABLE content_redemption ADD CONSTRAINT redemption_request_once UNIQUE USING INDEX redemption_request_once",
    "ALTER TABLE content_redemption DROP CONSTRAINT redemption_request_once",
)
# Going back fails while there are undone redemptions: their grants may have a second one.
ONE_TO_ONE = migrations.RunSQL(
    "ALTER TABLE content_redemption DROP CONSTRAINT content_redemption_grant_id_key",
    "ALTER TABLE content_redemption ADD CONSTRAINT content_redemption_grant_id_key UNIQUE (grant_id)",
)


class Migration(migrations.Migration):
    atomic = False  # indexes are built CONCURRENTLY

    dependencies = [
        ("content", "0003_redemption_undone"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[ONCE, REQUEST_INDEX, REQUEST_ONCE, ONE_TO_ONE],
            state_operations=[
                migrations.AlterField(
                    model_name="redemption",
                    name="grant",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="redemptions",
                        to="content.grant",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="redemption",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)), fields=("grant",), name="redemption_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="redemption",
                    constraint=models.UniqueConstraint(fields=("grant", "request_key"), name="redemption_request_once"),
                ),
            ],
        ),
    ]
