"""The database itself keeps the audit log: whatever asks, an entry is neither changed nor deleted."""

from django.db import migrations

TRIGGERS = {
    "audit_entries_stay": "UPDATE OR DELETE",
    "audit_entries_stay_all": "TRUNCATE",
}
FUNCTION = """
CREATE FUNCTION members_audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % is refused.', TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Old entries go by manage.py prune_audit_log.';
END $$
"""
TRIGGER = """
CREATE TRIGGER {name} BEFORE {events} ON members_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION members_audit_entries_stay()
"""


class Migration(migrations.Migration):
    dependencies = [("members", "0008_audit_entry")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION members_audit_entries_stay()"),
        *(
            migrations.RunSQL(TRIGGER.format(name=name, events=events), f"DROP TRIGGER {name} ON members_auditentry")
            for name, events in TRIGGERS.items()
        ),
    ]
