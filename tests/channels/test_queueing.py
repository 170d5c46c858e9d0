"""The queue decides who gets which message, when, or why not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from channels.models import Message, MessageCount
from channels.vocabulary import Reason
from members import consent as consents
from members.models import Identity
from tests import cast
from tests.cast import DAY, NOW
from tests.channels.outbox import ask, at_most, candidate, content, offer, quiet, sender

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def senders(db: None) -> None:
    """A sender for every channel of addresses."""
    for channel in ("email", "sms", "chat"):
        sender(channel)


def test_a_candidate_with_everything_at_hand_is_queued_once_counted_and_planned_now() -> None:
    """Everything that a message's row tells."""
    ada = cast.ada()
    [verdict] = ask(candidate(ada, content()))
    message = Message.objects.get(pk=verdict.message_id or 0)
    assert (message.channel, message.address, message.state) == ("email", "ada@example.com", "queued")
    assert (message.planned_at, message.due_at, message.queued_at) == (NOW, NOW, NOW)
    assert (verdict.reason, verdict.retry_at) == ("", None)
    assert MessageCount.objects.get(state="queued").count == 1


def test_a_repeated_candidate_gets_the_message_that_it_has() -> None:
    """A lost answer is asked again."""
    ada, hello = cast.ada(), content()
    [first], [second] = ask(candidate(ada, hello)), ask(candidate(ada, hello))
    assert first.message_id == second.message_id
    assert second.reason == ""
    assert Message.objects.count() == 1


def test_the_database_refuses_a_second_message_for_a_key() -> None:
    """Whatever code does, the key stands."""
    [verdict] = ask(candidate(cast.ada(), content()))
    double = Message.objects.get(pk=verdict.message_id or 0)
    double.pk, double.public_id, double.once = None, "7c1cbe8e-3a58-4a06-8a58-5f26fb0f3f6b", None
    with pytest.raises(IntegrityError), transaction.atomic():
        double.save()


def test_the_preferred_channel_comes_where_the_step_names_it() -> None:
    """`preferred` is a place in the step's order."""
    ada = cast.ada(preferred_channel="chat")
    [first] = ask(candidate(ada, content()))
    [second] = ask(candidate(ada, content("other"), step_key="two", channels=["sms", "preferred"]))
    assert (first.channel, second.channel) == ("chat", "sms")


def test_who_prefers_no_channel_has_none_where_the_step_names_no_other() -> None:
    """Every candidate gets an answer; the enrollment would be due for ever."""
    [verdict] = ask(candidate(cast.ada(), content(), channels=["preferred"]))
    assert (verdict.message_id, verdict.reason, verdict.channel) == (None, Reason.NO_ADDRESS, "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda ada: cast.consent(ada, "email", granted=False, at=NOW - DAY), Reason.NO_CONSENT),
        (lambda ada: consents.suppress("email", "ada@example.com", "bounced", NOW), Reason.SUPPRESSED),
        (lambda ada: Identity.objects.filter(member=ada, channel="email").delete(), Reason.NO_ADDRESS),
        (lambda ada: Identity.objects.filter(member=ada, channel="email").update(verified=False), Reason.NO_ADDRESS),
    ],
)
def test_what_stands_in_the_way_is_named(change, reason) -> None:
    """Every no has its reason, and another channel is taken where the step allows it."""
    ada, hello = cast.ada(), content()
    change(ada)
    [refused] = ask(candidate(ada, hello, channels=["email"]))
    assert (refused.message_id, refused.reason) == (None, reason)
    [taken] = ask(candidate(ada, hello, channels=["email", "sms"]))
    assert taken.channel == "sms"


def test_a_channel_without_variant_or_sender_is_named() -> None:
    """The house's own gaps are told apart from the member's."""
    ada = cast.ada()
    cast.consent(ada, "desk")
    [no_variant] = ask(candidate(ada, content("mail-only", ("email",)), channels=["sms"]))
    [no_sender] = ask(candidate(ada, content("script", ("desk",)), channels=["desk"]))
    assert (no_variant.reason, no_sender.reason) == (Reason.NO_VARIANT, Reason.NO_SENDER)


def test_members_who_share_an_address_get_the_message_once() -> None:
    """Together, and later; another entry key or another month is another message."""
    hello = content()
    one, two = (cast.member(f"S-{n}", email="both@example.com", agreed=["email"]) for n in (1, 2))
    first = ask(candidate(one, hello), candidate(two, hello))
    assert sorted(verdict.reason for verdict in first) == ["", Reason.SHARED_ADDRESS]
    three = cast.member("S-3", email="both@example.com", agreed=["email"])
    [later] = ask(candidate(three, hello), now=NOW + 2 * DAY)
    assert later.reason == Reason.SHARED_ADDRESS
    [keyed] = ask(candidate(three, hello, visit=2, once_key="order-7"), now=NOW + 2 * DAY)
    assert keyed.reason == ""


def test_the_address_is_free_for_another_member_after_thirty_days() -> None:
    """The look back is as long as the docs say, and no longer."""
    hello = content()
    one, two = (cast.member(f"S-{n}", email="both@example.com", agreed=["email"]) for n in (1, 2))
    ask(candidate(one, hello))
    for days, reason in ((29, Reason.SHARED_ADDRESS), (30, "")):
        moment = NOW + days * DAY
        [verdict] = ask(candidate(two, hello, expires_at=moment + DAY), now=moment)
        assert verdict.reason == reason


@pytest.mark.parametrize("after", [timedelta(hours=1), 40 * DAY])
def test_a_member_who_comes_back_into_a_journey_gets_its_message_again(after: timedelta) -> None:
    """A second enrollment with the same entry key is another message; the address is still shared by nobody else."""
    hello, moment = content(), NOW + after
    ada, eve = cast.ada(), cast.member("M-EVE", email="ada@example.com", agreed=["email"])
    [first] = ask(candidate(ada, hello, origin_id=1))
    [second] = ask(candidate(ada, hello, origin_id=2, expires_at=moment + DAY), now=moment)
    [other] = ask(candidate(eve, hello, origin_id=3, expires_at=moment + DAY), now=moment)
    assert [first.reason, second.reason, other.reason] == ["", "", Reason.SHARED_ADDRESS]
    assert first.message_id != second.message_id


def test_contact_pressure_counts_by_planned_departure_and_names_when_there_is_room() -> None:
    """Two in seven days: the third waits until the first is seven days old."""
    at_most(2, 7)
    ada, hello = cast.ada(), content()
    late = NOW + 30 * DAY
    for number, day in enumerate((0, 2)):
        [verdict] = ask(candidate(ada, hello, step_key=f"s{number}", expires_at=late), now=NOW + day * DAY)
        assert verdict.message_id
    [third] = ask(candidate(ada, hello, step_key="s3", expires_at=late), now=NOW + 3 * DAY)
    assert (third.reason, third.retry_at) == (Reason.CAPPED, NOW + 7 * DAY)
    [hurried] = ask(candidate(ada, hello, step_key="s4", expires_at=NOW + 4 * DAY), now=NOW + 3 * DAY)
    assert (hurried.reason, hurried.retry_at) == (Reason.CAPPED, None)
    [again] = ask(candidate(ada, hello, step_key="s3", expires_at=late), now=NOW + 7 * DAY)
    assert again.message_id


def test_transactional_messages_need_no_room_and_take_none() -> None:
    """Only promotional messages are counted."""
    at_most(1, 7)
    ada, receipt = cast.ada(), content("receipt", purpose="transactional")
    first, second = ask(candidate(ada, receipt), candidate(ada, receipt, step_key="two"))
    [promotional] = ask(candidate(ada, content("promo"), step_key="three"))
    assert all(verdict.message_id for verdict in (first, second, promotional))


def test_of_several_journeys_the_most_important_wins_and_the_others_name_it() -> None:
    """Priority, then deadline, then enrollment id."""
    at_most(1, 7)
    ada, hello = cast.ada(), content()
    low, high = ask(
        candidate(ada, hello, origin_id=1, priority=60, journey_id=1, journey_name="Low"),
        candidate(ada, hello, origin_id=2, priority=40, journey_id=2, journey_name="High"),
    )
    assert high.message_id
    assert (low.reason, low.winner, low.retry_at) == (Reason.LOST, "High", NOW + DAY)


def test_a_loser_that_its_step_drops_is_not_asked_again() -> None:
    """`losing: drop`."""
    at_most(1, 7)
    ada, hello = cast.ada(), content()
    low, _high = ask(
        candidate(ada, hello, origin_id=1, priority=60, losing="drop"),
        candidate(ada, hello, origin_id=2, priority=40, step_key="other"),
    )
    assert (low.reason, low.retry_at) == (Reason.LOST, None)


def test_quiet_hours_move_the_departure_to_the_opening_and_spread_it() -> None:
    """Noon in Berlin is early morning in New York."""
    quiet("email", "09:00", "20:00")
    hello = content()
    berlin, york = cast.ada(), cast.ben()
    first, second = ask(candidate(berlin, hello), candidate(york, hello))
    opening = datetime(2026, 3, 10, 13, 0, tzinfo=UTC)  # 9:00 in New York, two days after its clocks went forward
    assert first.planned_at == NOW
    assert opening <= second.planned_at < opening + timedelta(minutes=30)


def test_a_deadline_that_is_over_is_no_matter_of_quiet_hours() -> None:
    """A pause or an alarm kept the member at the step until then, by day or by night."""
    ada, hello = cast.ada(), content()
    over = candidate(ada, hello, expires_at=NOW)
    assert [one.reason for one in ask(over)] == [Reason.EXPIRED]
    quiet("email", "18:00", "20:00")
    assert [one.reason for one in ask(over)] == [Reason.EXPIRED]


def test_quiet_hours_beyond_the_deadline_are_a_reason() -> None:
    """A message that could only leave too late is not queued."""
    quiet("email", "09:00", "20:00")
    [verdict] = ask(candidate(cast.ben(), content(), channels=["email"], expires_at=NOW + timedelta(hours=1)))
    assert verdict.reason == Reason.QUIET_HOURS


def test_a_message_about_an_offer_needs_the_grant_and_carries_its_price() -> None:
    """The price in the message is the grant's."""
    from content import offers

    ada, hello, tea = cast.ada(), content(), offer()
    [without] = ask(candidate(ada, hello, offer_id=tea.pk))
    assert without.reason == Reason.NO_GRANT
    from members.sql import Sql

    chosen = Sql(
        "SELECT %(m)s::bigint AS member_id, 'enrollment' AS origin_kind, 1::bigint AS origin_id,"
        " 'grant' AS step_key, 1 AS visit",
        {"m": ada.pk},
    )
    offers.grant_cohort(tea, chosen, NOW)
    [with_grant] = ask(candidate(ada, hello, offer_id=tea.pk, step_key="two"))
    message = Message.objects.select_related("grant").get(pk=with_grant.message_id or 0)
    assert message.grant is not None
    assert (message.price, message.currency) == (message.grant.price, "EUR")


def test_the_language_is_the_members_or_its_parent_or_the_houses() -> None:
    """de-AT reads German, French falls back to English."""
    from content.models import Variant

    hello = content("hello", ("email",))
    Variant.objects.create(content=hello, channel="email", language="de", subject="Hallo", text="Hallo")
    austrian, french = cast.ada(locale="de-AT"), cast.ben(locale="fr")
    ask(candidate(austrian, hello), candidate(french, hello))
    assert dict(Message.objects.values_list("member__external_id", "language")) == {"M-ADA": "de", "M-BEN": "en"}
