"""The audit log says who did what, through which door and from where; nobody changes what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from channels import senders
from channels.models import Sender, Team
from content import offers
from journeys import definitions, drafts, publishing
from members import audit_log, clock, pruning, segments
from members.models import AuditEntry, Segment, Store
from members.sql import execute
from members.vocabulary import Channel, Deed
from tests import cast
from tests.cast import NOW
from tests.content.promises import granted, offer
from tests.roles import asked, signed_in

pytestmark = pytest.mark.django_db


def latest(**about: object) -> AuditEntry:
    found: AuditEntry = AuditEntry.objects.filter(**about).latest("id")
    return found


def test_a_change_in_the_admin_names_who_what_where_from_and_the_values() -> None:
    store = cast.berlin()
    client = signed_in("Administrator")
    form = {"code": "berlin", "name": "Berlin Mitte", "zone": "Europe/Berlin", "address": store.address}
    answer = client.post(f"/admin/members/store/{store.pk}/change/", form, REMOTE_ADDR="198.51.100.7")
    assert answer.status_code == 302
    entry = latest(deed=Deed.CHANGED)
    assert (entry.actor_name, entry.through, entry.remote_addr) == ("administrator-at-work", "admin", "198.51.100.7")
    assert entry.object_repr == "Berlin Mitte"
    assert entry.changes["name"] == ["Chorale Berlin", "Berlin Mitte"]
    assert "code" not in entry.changes


def test_what_is_undone_with_its_transaction_was_never_logged() -> None:
    before = AuditEntry.objects.count()
    with transaction.atomic():
        cast.lisbon()
        audit_log.note(None, Deed.EXPORTED)
        transaction.set_rollback(True)
    assert AuditEntry.objects.count() == before


def test_a_forwarded_address_that_nobody_vouches_for_is_not_believed() -> None:
    client = signed_in("Administrator")
    ada = cast.ada()
    client.get(
        f"/admin/members/member/{ada.pk}/change/", REMOTE_ADDR="198.51.100.7", HTTP_X_FORWARDED_FOR="203.0.113.9"
    )
    assert latest(deed=Deed.LOOKED_UP).remote_addr == "198.51.100.7"


def test_looking_a_member_up_is_noted_by_code_and_never_by_name() -> None:
    ada = cast.ada()
    assert signed_in("Manager").get(f"/admin/members/member/{ada.pk}/change/").status_code == 200
    entry = latest(deed=Deed.LOOKED_UP)
    assert (entry.actor_name, entry.object_repr, entry.member_id) == ("manager-at-work", "M-ADA", ada.pk)


def test_publishing_pausing_resuming_and_stopping_are_deeds_of_their_own() -> None:
    regulars = segments.save(Segment(key="regulars", name="Regulars", rule={"tag": {"name": "regular"}}))
    text = f"""
key: hello
name: Hello
kind: opportunity
entry:
  segment:
    key: {regulars.key}
steps:
- key: pause
  kind: wait
  duration: {{days: 1}}
"""
    journey, _new = drafts.save(definitions.read(text))
    mara = cast.marketer()
    publishing.publish(journey, journey.draft, NOW, mara)
    publishing.pause(journey, NOW, mara)
    journey.refresh_from_db()
    publishing.resume(journey, NOW, mara)
    journey.refresh_from_db()
    publishing.stop(journey, NOW, mara)
    told = audit_log.of(journey).exclude(deed__in=[Deed.ADDED, Deed.CHANGED]).order_by("id")
    assert [(entry.deed, entry.actor_name, entry.detail) for entry in told] == [
        ("published", "mara", "version 1"),
        ("paused", "mara", ""),
        ("resumed", "mara", ""),
        ("stopped", "mara", ""),
    ]


def test_a_redemption_by_somebody_is_noted_once_however_often_the_tap_repeats() -> None:
    ada, carl = cast.ada(), cast.clerk()
    [grant] = granted(offer(), ada)
    for _tap in range(2):
        offers.redeem(grant.pk, request_key="tap", channel=Channel.COUNTER, now=NOW, who=carl, store=cast.berlin())
    entry = AuditEntry.objects.get(deed=Deed.REDEEMED)
    assert (entry.actor_name, entry.object_repr, entry.member_id) == ("carl", "M-ADA", ada.pk)
    assert entry in audit_log.of(ada)
    assert entry in audit_log.of(grant)
    for _tap in range(2):
        offers.undo(grant.redemptions.get().pk, request_key="oops", now=NOW, who=carl)
    assert AuditEntry.objects.get(deed=Deed.UNDONE).actor_name == "carl"


def test_secrets_and_passwords_never_appear() -> None:
    sender = Sender(name="Mail", adapter="email")
    given = {
        "host": "mail.example.com",
        "port": 25,
        "from_address": "a@example.com",
        "user": "u",
        "password": "open-sesame",
    }
    senders.configure(sender, {name: value for name, value in given.items() if name in _settings("email")})
    sender.save()
    person = cast.user("paula")
    person.set_password("open-sesame-too")
    person.save()
    told = " ".join(f"{entry.changes} {entry.detail} {entry.object_repr}" for entry in AuditEntry.objects.all())
    for secret in ("open-sesame", sender.secrets, sender.token, person.password):
        assert secret
        assert secret not in told
    assert latest(deed=Deed.CHANGED).changes["password"] == ["•••", "•••"]


def test_saving_a_sender_again_does_not_say_that_its_secrets_changed() -> None:
    sender = Sender(name="Mail", adapter="email")
    given = {
        "host": "mail.example.com",
        "port": 25,
        "from_address": "a@example.com",
        "user": "u",
        "password": "open-sesame",
    }
    given = {name: value for name, value in given.items() if name in _settings("email")}
    senders.configure(sender, given)
    sender.save()
    senders.configure(sender, {**given, "host": "mx.example.com"})
    sender.save()
    assert set(latest(deed=Deed.CHANGED).changes) == {"settings"}
    senders.configure(sender, {**given, "password": "another"})
    sender.save()
    assert "secrets" in latest(deed=Deed.CHANGED).changes


def _settings(kind: str) -> set[str]:
    from channels import registry

    return {setting.name for setting in registry.adapter(kind).settings}


def test_who_joins_a_role_or_a_team_is_told_with_both_names() -> None:
    carl = cast.clerk()
    carl.groups.set([Group.objects.get(name="Store clerk")])
    assert latest(deed=Deed.CHANGED).changes["groups"]["objects"] == ["Store clerk"]
    team = Team.objects.create(key="t", name="Team")
    team.users.add(carl)
    assert latest(deed=Deed.CHANGED).changes["users"]["objects"] == ["carl"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE members_auditentry SET detail = 'nothing happened'",
        "DELETE FROM members_auditentry",
        "DELETE FROM members_auditentry WHERE false",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(statement: str) -> None:
    audit_log.note(None, Deed.EXPORTED)
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.filter(deed=Deed.EXPORTED, detail="").exists()


def test_the_database_refuses_to_empty_the_log() -> None:
    """The trigger is switched off for the tests' own flushes, so it is switched on here."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE members_auditentry ENABLE TRIGGER audit_entries_stay_all")
        with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE members_auditentry")


def test_neither_code_nor_a_superuser_changes_an_entry() -> None:
    audit_log.note(None, Deed.EXPORTED)
    entry = latest(deed=Deed.EXPORTED)
    with pytest.raises(TypeError, match="stays as it is"):
        entry.save()
    with pytest.raises(TypeError, match="stays as it is"):
        entry.delete()
    with pytest.raises(ProgrammingError), transaction.atomic():
        AuditEntry.objects.all().delete()
    client = Client()
    client.force_login(cast.administrator())
    page = f"/admin/members/auditentry/{entry.pk}/"
    assert client.get(f"{page}change/").status_code == 200
    assert client.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    client.post(f"{page}change/", {"detail": "nothing"})
    assert client.get("/admin/members/auditentry/add/").status_code == 403
    entry.refresh_from_db()
    assert entry.detail == ""


def test_deleting_a_user_leaves_what_they_did() -> None:
    paula = cast.user("paula")
    audit_log.note(paula, Deed.EXPORTED, cast.berlin())
    paula.delete()
    client = signed_in("Manager")
    entry = latest(deed=Deed.EXPORTED)
    assert entry.actor_name == "paula"
    assert "paula" in client.get("/admin/members/auditentry/").content.decode()
    assert "paula" in client.get(f"/admin/members/auditentry/{entry.pk}/change/").content.decode()


def test_deleting_an_object_leaves_its_entries() -> None:
    store = cast.lisbon()
    store.delete()
    assert [entry.deed for entry in AuditEntry.objects.filter(object_repr="Chorale Lisbon").order_by("id")] == [
        "added",
        "deleted",
    ]
    page = signed_in("Manager").get("/admin/members/auditentry/").content.decode()
    assert "Chorale Lisbon" in page


def test_an_objects_page_leads_to_its_history_page_by_page() -> None:
    store = cast.berlin()
    for number in range(60):
        store.address = f"Lindenallee {number}"
        store.save()
    client = signed_in("Manager")
    assert (
        f"/admin/members/store/{store.pk}/history/"
        in client.get(f"/admin/members/store/{store.pk}/change/").content.decode()
    )
    first = client.get(f"/admin/members/store/{store.pk}/history/").content.decode()
    assert first.count("<tr>") == 51
    older = first.split('rel="next" href="')[1].split("#")[0]
    second = client.get(f"/admin/members/store/{store.pk}/history/{older}").content.decode()
    assert second.count("<tr>") == 12
    assert "Added" in second


def test_who_looked_a_member_up_is_for_those_who_may_read_the_log() -> None:
    ada = cast.ada()
    history = f"/admin/members/member/{ada.pk}/history/"
    signed_in("Sales rep").get(f"/admin/members/member/{ada.pk}/change/")
    assert "Looked up" in signed_in("Manager").get(history).content.decode()
    assert "Looked up" not in signed_in("Marketer").get(history).content.decode()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?deed__exact=exported", {"exported"}),
        ("?through__exact=admin", {"looked_up"}),
        ("?q=paula", {"exported", "added"}),
        ("?q=M-ADA", {"looked_up"}),
        ("?q=nobody", set()),
        ("?kind={store}", {"added"}),
        ("?timestamp_from_0=2001-01-01&timestamp_from_1=00:00&timestamp_to_0=2001-01-02&timestamp_to_1=00:00", set()),
        ("?timestamp_to_0=2001-01-02", set()),
        ("?q=M-ADA&timestamp_from_0=2001-01-02&timestamp_to_0=tomorrow&timestamp_to_1=0", {"looked_up"}),
    ],
)
def test_the_log_is_filtered_and_searched(asked: str, found: set[str]) -> None:
    manager = signed_in("Manager")
    audit_log.note(cast.user("paula"), Deed.EXPORTED)
    manager.get(f"/admin/members/member/{cast.ada().pk}/change/")
    kind = ContentType.objects.get_for_model(Store).pk
    page = manager.get("/admin/members/auditentry/" + asked.format(store=kind))
    assert {entry.deed for entry in page.context["cl"].result_list} == found


def test_the_log_is_never_counted() -> None:
    client = signed_in("Manager")
    assert [sql for sql in asked(client, "/admin/members/auditentry/") if "COUNT(" in sql.upper()] == []


def test_old_entries_go_by_command_alone_and_that_is_noted() -> None:
    audit_log.note(None, Deed.EXPORTED, detail="old")
    with pruning.unlocked(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE members_auditentry SET timestamp = %s WHERE detail = 'old'", [clock.now() - timedelta(days=400)]
        )
    with pytest.raises(CommandError, match="at least 180"):
        call_command("prune_audit_log", days=30)
    call_command("prune_audit_log", days=365)
    assert not AuditEntry.objects.filter(detail="old").exists()
    assert latest(deed=Deed.PRUNED).detail.startswith("1 entries")
    with pytest.raises(ProgrammingError), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_what_a_killed_prune_had_deleted_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    for _entry in range(3):
        audit_log.note(None, Deed.EXPORTED, detail="old")
    long_ago = clock.now() - timedelta(days=400)
    with pruning.unlocked(), connection.cursor() as cursor:
        cursor.execute("UPDATE members_auditentry SET timestamp = %s WHERE detail = 'old'", [long_ago])
    monkeypatch.setattr(pruning, "BATCH", 2)
    asked: list[str] = []

    def killed(text: str, params: dict[str, object]) -> int:
        asked.append(text)
        if len([one for one in asked if "DELETE" in one]) > 1:
            raise KeyboardInterrupt
        return int(execute(text, params))

    monkeypatch.setattr("members.pruning.execute", killed)
    with pytest.raises(KeyboardInterrupt):
        pruning.prune(long_ago + timedelta(days=1))
    assert AuditEntry.objects.filter(detail="old").count() == 1
    assert latest(deed=Deed.PRUNED).detail.startswith("2 entries")
