"""What is known about members is merged into what was known: nothing is lost, repeated or half stored."""

from datetime import date
from decimal import Decimal

import pytest

from members import facts, news
from members.facts import Address, MemberRecord, Said
from members.models import Consent, Identity, Member, Tag
from members.staging import FEW
from tests import cast

pytestmark = pytest.mark.django_db

NOW = cast.NOW
LATER = NOW + cast.DAY


def counts(outcome):
    return outcome.new, outcome.changed, outcome.unchanged, len(outcome.rejected)


def whole(external_id="M-1", **changes):
    known = {
        "first_name": "Ada",
        "last_name": "Berg",
        "birthday": date(1990, 3, 14),
        "joined_on": date(2024, 5, 1),
        "locale": "de-AT",
        "zone": "Europe/Vienna",
        "home_store": cast.berlin().code,
        "preferred_channel": "sms",
        "identities": [Address("email", "Ada@Example.com"), Address("sms", "+44 7700 900123")],
        "consents": [Said("email", "promotional", True, NOW - cast.DAY, "form", "Yes, please.")],
        "tags": ["vip", "tea"],
        "attributes": {"shoe": 38, "pets": ["cat"]},
    }
    return MemberRecord(external_id, **{**known, **changes})


def test_a_new_member_has_everything_that_the_record_says():
    assert counts(facts.upsert_members([whole()], NOW)) == (1, 0, 0, 0)
    made = Member.objects.get()
    assert (made.first_name, made.last_name, made.birthday, made.joined_on) == (
        "Ada",
        "Berg",
        date(1990, 3, 14),
        date(2024, 5, 1),
    )
    assert (made.locale, made.zone_id, made.home_store, made.preferred_channel) == (
        "de-AT",
        "Europe/Vienna",
        cast.berlin(),
        "sms",
    )
    assert (made.attributes, made.recorded_at) == ({"shoe": 38, "pets": ["cat"]}, NOW)
    assert set(made.identities.values_list("channel", "address", "verified")) == {
        ("email", "ada@example.com", True),
        ("sms", "+447700900123", True),
    }
    assert set(made.tags.values_list("name", flat=True)) == {"vip", "tea"}
    said = made.consents.get()
    assert (said.granted, said.happened_at, said.recorded_at) == (True, NOW - cast.DAY, NOW)
    assert (said.source, said.wording) == ("form", "Yes, please.")


def test_a_number_alone_is_enough():
    facts.upsert_members([MemberRecord("M-1")], NOW)
    made = Member.objects.get()
    assert (made.locale, made.attributes, made.first_name) == ("en", {}, "")


@pytest.mark.parametrize("size", [1, FEW + 1, 200])
def test_the_same_records_again_change_nothing(size):
    records = [whole(f"M-{number}") for number in range(size)]
    assert counts(facts.upsert_members(records, NOW)) == (size, 0, 0, 0)
    assert counts(facts.upsert_members(reversed(records), LATER)) == (0, 0, size, 0)
    assert (Identity.objects.count(), Consent.objects.count(), Tag.objects.count()) == (2 * size, size, 2 * size)


def test_of_a_batch_the_known_are_compared_and_the_new_are_stored_as_they_are(django_assert_num_queries):
    facts.upsert_members([whole("M-1")], NOW)
    known, *new = whole("M-1", tags=["late"], first_name="Eve"), whole("M-2", tags=["late"]), whole("M-3")
    with django_assert_num_queries(7):  # a savepoint, the stores, what adds, locks, changes and learns, its release
        assert counts(facts.upsert_members([new[0], known], LATER)) == (1, 1, 0, 0)
    with django_assert_num_queries(5):  # nobody is locked or compared where all are new
        assert counts(facts.upsert_members([new[1]], LATER)) == (1, 0, 0, 0)
    assert list(Member.objects.order_by("external_id").values_list("first_name", flat=True)) == ["Eve", "Ada", "Ada"]
    assert (Identity.objects.count(), Consent.objects.count()) == (6, 3)
    assert set(Tag.objects.filter(name="late").values_list("member__external_id", flat=True)) == {"M-1", "M-2"}


def test_only_what_a_record_names_is_changed():
    facts.upsert_members([whole()], NOW)
    outcome = facts.upsert_members([MemberRecord("M-1", last_name="Berg-Cole", preferred_channel="")], LATER)
    assert counts(outcome) == (0, 1, 0, 0)
    changed = Member.objects.get()
    assert (changed.first_name, changed.last_name, changed.preferred_channel) == ("Ada", "Berg-Cole", "")
    assert changed.birthday == date(1990, 3, 14)
    assert changed.recorded_at == NOW


def test_empty_text_clears_what_a_member_can_be_without():
    cast.ada()

    def emptied(code: str) -> list[MemberRecord]:
        return [MemberRecord(code, first_name="", last_name="", zone="", home_store="", preferred_channel="")]

    assert counts(facts.upsert_members(emptied("M-ADA"), LATER)) == (0, 1, 0, 0)
    assert counts(facts.upsert_members(emptied("M-ADA"), LATER)) == (0, 0, 1, 0)
    assert counts(facts.upsert_members(emptied("M-NEW"), LATER)) == (1, 0, 0, 0)
    bare = {"first_name": "", "last_name": "", "zone": None, "home_store": None, "preferred_channel": ""}
    assert list(Member.objects.values(*bare)) == [bare, bare]


def test_attributes_are_merged_and_null_removes_one():
    facts.upsert_members([whole(attributes={"shoe": 38, "pets": ["cat"]})], NOW)
    facts.upsert_members([MemberRecord("M-1", attributes={"shoe": None, "city": "Graz"})], LATER)
    assert Member.objects.get().attributes == {"pets": ["cat"], "city": "Graz"}
    facts.upsert_members([MemberRecord("M-2", attributes={"shoe": None, "city": {"name": None}})], NOW)
    assert Member.objects.get(external_id="M-2").attributes == {"city": {"name": None}}


def test_an_address_replaces_the_one_on_its_channel():
    facts.upsert_members([whole()], NOW)
    facts.upsert_members([MemberRecord("M-1", identities=[Address("email", "ada@example.org")])], LATER)
    assert set(Identity.objects.values_list("channel", "address")) == {
        ("email", "ada@example.org"),
        ("sms", "+447700900123"),
    }


def test_an_address_that_waits_to_be_verified_is_not_verified_by_a_list():
    facts.upsert_members([MemberRecord("M-1", identities=[Address("email", "ada@example.com", verified=False)])], NOW)
    facts.upsert_members([MemberRecord("M-1", identities=[Address("email", "ADA@example.com")])], LATER)
    assert not Identity.objects.get().verified
    facts.upsert_members([MemberRecord("M-1", identities=[Address("email", "ada@example.com", verified=True)])], LATER)
    assert Identity.objects.get().verified


def test_members_may_share_an_address():
    shared = [Address("email", "family@example.com")]
    records = [MemberRecord("M-1", identities=shared), MemberRecord("M-2", identities=shared)]
    assert counts(facts.upsert_members(records, NOW)) == (2, 0, 0, 0)


def say(granted, at=None, now=NOW):
    facts.upsert_members([MemberRecord("M-1", consents=[Said("email", "promotional", granted, at)])], now)
    return list(Consent.objects.order_by("id").values_list("granted", "happened_at"))


def test_a_decision_is_appended_only_where_it_is_another_one():
    assert say(True) == [(True, NOW)]
    assert say(True, now=LATER) == [(True, NOW)]
    assert say(False, now=LATER) == [(True, NOW), (False, LATER)]
    assert say(False, now=LATER + cast.DAY) == [(True, NOW), (False, LATER)]


def test_an_undated_grant_never_undoes_a_withdrawal():
    assert say(False) == [(False, NOW)]
    assert say(True, now=LATER) == [(False, NOW)]
    assert say(True, at=LATER, now=LATER) == [(False, NOW), (True, LATER)]


def test_a_decision_of_the_past_takes_its_place_in_the_past():
    say(False)
    before = NOW - 9 * cast.DAY
    assert say(True, at=before, now=LATER) == [(False, NOW), (True, before)]
    assert say(True, at=before, now=LATER) == [(False, NOW), (True, before)]


def test_decisions_of_one_record_are_kept_in_their_order():
    said = [Said("email", "promotional", True, NOW), Said("email", "promotional", False, NOW)]
    facts.upsert_members([MemberRecord("M-1", consents=said)], NOW)
    assert list(Consent.objects.order_by("id").values_list("granted", flat=True)) == [True, False]


def test_of_two_records_of_a_member_the_later_one_holds():
    records = [
        MemberRecord("M-1", first_name="A", last_name="B"),
        MemberRecord("M-2"),
        MemberRecord("M-1", first_name="C"),
    ]
    assert counts(facts.upsert_members(records, NOW)) == (2, 1, 0, 0)
    assert (Member.objects.get(external_id="M-1").first_name, Member.objects.get(external_id="M-1").last_name) == (
        "C",
        "B",
    )


def test_a_list_with_two_rows_a_member_is_no_more_than_two_batches(django_assert_max_num_queries):
    records = [MemberRecord(f"M-{number}", first_name=name) for number in range(60) for name in ("Ada", "Eve")]
    with django_assert_max_num_queries(40):
        assert counts(facts.upsert_members(records, NOW)) == (60, 60, 0, 0)
    assert set(Member.objects.values_list("first_name", flat=True)) == {"Eve"}


def test_a_name_keeps_the_marks_that_its_script_needs():
    facts.upsert_members([MemberRecord("M-1", first_name="علی\u200cرضا", last_name=" ක්\u200dරිස්ති  න ")], NOW)
    assert Member.objects.values_list("first_name", "last_name").get() == ("علی\u200cرضا", "ක්\u200dරිස්ති න")


def test_a_number_without_country_is_of_the_region():
    record = MemberRecord("M-1", identities=[Address("sms", "030 123456")])
    assert counts(facts.upsert_members([record], NOW)) == (0, 0, 0, 1)
    assert counts(facts.upsert_members([record], NOW, region="DE")) == (1, 0, 0, 0)
    assert Identity.objects.get().address == "+4930123456"


BAD = [
    ({"external_id": ""}, "The external id is missing."),
    ({"external_id": "x" * 65}, "The external id has 65 characters"),
    ({"first_name": "x" * 101}, "The first name has 101 characters"),
    ({"last_name": "a\0b"}, "The last name is"),
    ({"birthday": date(1, 1, 1)}, "The birthday is 0001-01-01"),
    ({"joined_on": date(2200, 1, 1)}, "The date of joining is 2200-01-01"),
    ({"locale": "Deutsch!"}, "The locale is 'Deutsch!'; write one such as en or de-AT."),
    ({"zone": "Europe/Wien"}, "There is no zone “Europe/Wien”"),
    ({"home_store": "nowhere"}, "There is no store “nowhere”."),
    ({"preferred_channel": "desk"}, "The preferred channel is 'desk'; write chat, email, sms."),
    ({"identities": [Address("sms", "12")]}, "“12” is not a phone number"),
    ({"identities": [Address("desk", "12")]}, "“desk” has no addresses"),
    ({"identities": [Address("email", "a@example.com"), Address("email", "b@example.com")]}, "two addresses"),
    ({"consents": [Said("email", "fun", True)]}, "There is no consent to “fun” by “email”"),
    ({"consents": [Said("email", "promotional", True, source="")]}, "The source of the consent is missing."),
    ({"consents": [Said("email", "promotional", True, wording="\0")]}, "wording of the consent"),
    ({"consents": [Said("email", "promotional", True, wording="J\udce4")]}, "wording of the consent"),
    ({"first_name": "a\u200b"}, "The first name is"),
    ({"first_name": "\u200c" * 101}, "The first name has 101 characters"),
    ({"tags": ["two words"]}, "The tag is 'two words'"),
    ({"attributes": {"": 1}}, "The attribute's name is missing."),
    ({"attributes": {"x": Decimal(1)}}, "The attributes cannot be written as JSON"),
]


@pytest.mark.parametrize(("fault", "reason"), BAD, ids=[reason[:40] for _fault, reason in BAD])
def test_a_record_with_a_fault_is_refused_whole_and_the_others_land(fault, reason):
    records = [MemberRecord("M-0"), whole(**fault), MemberRecord("M-2")]
    outcome = facts.upsert_members(records, NOW)
    assert counts(outcome) == (2, 0, 0, 1)
    assert outcome.rejected[0].position == 1
    assert reason in outcome.rejected[0].reason
    assert not Identity.objects.exists()


def test_news_tells_what_changed_of_whom():
    news.listen("segment:1", ["profile", "consent", "tag"])
    facts.upsert_members([whole("M-1", tags=(), consents=()), whole("M-2")], NOW)
    first, second = Member.objects.order_by("external_id")

    def told():
        taken = [item for shard in {first.shard, second.shard} for item in news.read([shard], LATER)]
        return {(item.member_id, item.topic) for item in taken}

    assert told() == {(first.pk, "profile"), (second.pk, "profile"), (second.pk, "consent"), (second.pk, "tag")}
    facts.upsert_members([whole("M-1", tags=(), consents=()), whole("M-2")], LATER)
    assert told() == set()
    facts.upsert_members([MemberRecord("M-1", tags=["vip"]), MemberRecord("M-2", first_name="Eva")], LATER)
    assert told() == {(first.pk, "tag"), (second.pk, "profile")}
    facts.upsert_members([MemberRecord("M-1", identities=[Address("chat", "77")])], LATER)
    assert told() == {(first.pk, "profile")}
