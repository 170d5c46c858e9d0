"""The first channel that nothing stands against: a cohort asked at once, held against a naive reading one by one."""

from __future__ import annotations

import random
from typing import Any

import pytest

from channels.models import Message, Sender
from channels.queueing import Verdict
from channels.vocabulary import Reason
from content.models import Content, Variant
from members.models import Consent, Identity, Member, Suppression
from tests.cast import HOUR, NOW
from tests.channels.outbox import ask, candidate, content, sender

pytestmark = pytest.mark.django_db
CHANNELS = ("email", "sms", "chat", "desk")
WANTED = (["email", "sms"], ["preferred", "sms", "chat"], ["preferred"], ["desk"], ["chat", "desk"], ["sms", "email"])
LANGUAGES = ("en", "de", "de-AT", "fr")
# The nearer to a message, the rather it is named.
NEAREST = (Reason.NO_CONSENT, Reason.SUPPRESSED, Reason.NO_ADDRESS, Reason.NO_SENDER, Reason.NO_VARIANT)


@pytest.mark.parametrize("seed", range(4))
def test_each_of_a_cohort_gets_the_channel_that_is_theirs(seed: int) -> None:
    """Several messages for each member, of several contents: none takes another's channel, address or language."""
    draw = random.Random(seed)
    for channel in draw.sample(CHANNELS, 3):
        sender(channel)
    said = [_said(draw, purpose) for purpose in ("promotional", "promotional", "service", "transactional")]
    crowd = [_somebody(draw, number) for number in range(12)]
    asked = [
        (draw.choice(crowd), draw.choice(said), draw.choice(WANTED), draw.choice([None, None, None, "a-1", "given"]))
        for _ in range(60)
    ]
    found = ask(
        *(
            candidate(who, what, origin_id=number, channels=channels, address_given=given, once_key=None)
            for number, (who, what, channels, given) in enumerate(asked)
        )
    )
    assert [_told(verdict) for verdict in found] == [_naively(*one) for one in asked]


def _said(draw: random.Random, purpose: str) -> Content:
    """A content with variants for some channels in some languages."""
    made = content(f"{purpose}-{draw.random()}", channels=(), purpose=purpose)
    for channel in draw.sample(CHANNELS, 3):
        for language in draw.sample(LANGUAGES, draw.randint(1, 3)):
            Variant.objects.create(content=made, channel=channel, language=language, text="Hello")
    return made


def _somebody(draw: random.Random, number: int) -> Member:
    """A member with some addresses, of which some are suppressed, who has changed their mind some times."""
    tastes = {"locale": draw.choice([*LANGUAGES, "es-MX"]), "preferred_channel": draw.choice(["", *CHANNELS[:3]])}
    made = Member.objects.create(external_id=f"C-{number}", recorded_at=NOW, **tastes)
    for channel in CHANNELS[:3]:
        address = {"channel": channel, "address": f"{channel}-{number}"}
        if draw.random() < 0.8:
            Identity.objects.create(member=made, **address, verified=draw.random() < 0.9, recorded_at=NOW)
        if draw.random() < 0.1:
            Suppression.objects.create(**address, reason="bounced", since=NOW)
    for _ in range(12):
        about = {"channel": draw.choice(CHANNELS), "purpose": draw.choice(["promotional", "service"])}
        at = NOW + draw.randint(-50, 5) * HOUR
        Consent.objects.create(
            member=made, **about, granted=draw.random() < 0.8, happened_at=at, recorded_at=NOW, source="tests"
        )
    return made


def _told(verdict: Verdict) -> tuple[str, ...]:
    if verdict.message_id is None:
        return verdict.reason, verdict.channel
    message = Message.objects.get(pk=verdict.message_id)
    assert message.sender.channel == message.channel
    return "", message.channel, message.address, message.language


def _naively(who: Member, what: Content, channels: list[str], given: str | None) -> tuple[str, ...]:
    against: list[tuple[Any, str]] = []
    for channel in filter(None, (who.preferred_channel if one == "preferred" else one for one in channels)):
        here = given or who.identities.filter(channel=channel, verified=True).values_list("address", flat=True).first()
        language = _language(who, what, channel)
        reason = _obstacle(who, what, channel, here or "") if language else Reason.NO_VARIANT
        if reason is None:
            return "", channel, here or "", language
        against.append((reason, channel))
    return min(against, key=lambda one: NEAREST.index(one[0]), default=(Reason.NO_ADDRESS, ""))


def _language(who: Member, what: Content, channel: str) -> str:
    there = sorted(what.variants.filter(channel=channel).values_list("language", flat=True))
    wishes = [who.locale, who.locale.split("-")[0], "en", *there]
    return next((wish for wish in wishes if wish in there), "")


def _obstacle(who: Member, what: Content, channel: str, address: str) -> Reason | None:
    if not Sender.objects.filter(channel=channel, active=True).exists():
        return Reason.NO_SENDER
    if not address and channel != "desk":
        return Reason.NO_ADDRESS
    if Suppression.objects.filter(channel=channel, address=address).exists():
        return Reason.SUPPRESSED
    said = who.consents.filter(channel=channel, purpose=what.purpose, happened_at__lte=NOW)
    latest = said.order_by("happened_at", "pk").last()
    granted = latest.granted if latest else what.purpose == "service" or channel == "desk"
    return None if granted or what.purpose == "transactional" else Reason.NO_CONSENT
