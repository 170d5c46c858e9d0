"""What marketers see of journeys and do with them in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from channels.models import Message
from journeys.models import Enrollment, Journey, Version
from journeys.vocabulary import JourneyState
from members import clock
from tests import cast
from tests.cast import DAY, NOW
from tests.channels.outbox import content, sender
from tests.journeys.drawn import published, tick

pytestmark = pytest.mark.django_db

SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}
WAIT: dict[str, Any] = {"key": "rest", "kind": "wait", "duration": {"days": 2}}
TEXT = """\
key: drawn
name: Drawn by hand
kind: opportunity
entry:
  fact:
    topic: event
    name: go
steps:
- key: mail
  kind: send
  content: hello
  channels:
  - email
"""


def change(journey: Journey) -> str:
    return reverse("admin:journeys_journey_change", args=[journey.pk])


def act(client: Client, journey: Journey, name: str, **how: Any) -> Any:
    return client.post(reverse(f"admin:journeys_journey_{name}", args=[journey.pk]), **how)


def test_a_journey_is_written_saved_as_a_draft_and_published(marketer: Client) -> None:
    saved = marketer.post(reverse("admin:journeys_journey_add"), {"text": TEXT})
    assert saved.status_code == 302, saved.content.decode()[:2000]
    journey = Journey.objects.get(key="drawn")
    assert (journey.state, journey.name, journey.current) == (JourneyState.DRAFT, "Drawn by hand", None)
    asked = marketer.get(reverse("admin:journeys_journey_publish", args=[journey.pk]))
    assert "stay on their version" in asked.content.decode()
    assert act(marketer, journey, "publish").status_code == 302
    journey.refresh_from_db()
    assert journey.state == JourneyState.LIVE
    assert journey.current is not None
    assert journey.current.published_by == cast.marketer()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (TEXT.replace("hello", "absent"), "steps[0].content"),
        (TEXT.replace("kind: send", "kind: sned"), "steps[0].kind"),
        (TEXT + "surplus: 1\n", "surplus"),
        ("- not a mapping", "journey"),
    ],
)
def test_a_wrong_text_is_one_sentence_and_nothing_is_stored(marketer: Client, wrong: str, sentence: str) -> None:
    answer = marketer.post(reverse("admin:journeys_journey_add"), {"text": wrong})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not Journey.objects.exists()


def test_the_page_shows_the_steps_in_order_with_their_numbers(marketer: Client) -> None:
    journey = published([WAIT, SEND])
    for who in cast.crowd(3):
        cast.event(who, "go")
    tick(NOW)
    page = marketer.get(change(journey)).content.decode()
    assert page.index(">rest<") < page.index(">mail<")
    numbers = marketer.get(change(journey)).context["steps"]
    assert [(step.key, step.standing, step.arrived) for step in numbers] == [("rest", 3, 3), ("mail", 0, 0)]
    tick(NOW + 2 * DAY)
    mail = marketer.get(change(journey)).context["steps"][1]
    assert (mail.arrived, mail.messages["queued"]) == (3, 3)


def test_pause_resume_and_stop_ask_first_and_then_do_it(marketer: Client) -> None:
    journey = published([WAIT])
    for name, state in (("pause", JourneyState.PAUSED), ("resume", JourneyState.LIVE), ("stop", JourneyState.STOPPED)):
        marketer.get(reverse(f"admin:journeys_journey_{name}", args=[journey.pk]))
        journey.refresh_from_db()
        assert journey.state != state
        act(marketer, journey, name)
        journey.refresh_from_db()
        assert journey.state == state


def test_what_is_not_possible_is_a_sentence(marketer: Client) -> None:
    journey = published([WAIT])
    answer = act(marketer, journey, "resume")
    assert answer.status_code == 400
    assert "is live" in answer.content.decode()


def test_the_list_counts_no_big_table(marketer: Client) -> None:
    published([WAIT])
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = marketer.get(reverse("admin:journeys_journey_changelist"))
    assert page.status_code == 200
    big = ("journeys_enrollment", 'channels_message"', 'members_member"', "journeys_trace")
    counted = [
        query["sql"] for query in asked if "COUNT(*)" in query["sql"] and any(name in query["sql"] for name in big)
    ]
    assert counted == []


def test_an_enrollment_tells_what_happened_in_words(marketer: Client) -> None:
    published([SEND, WAIT])
    ada = cast.ada(agreed=())
    cast.event(ada, "go")
    tick(NOW)
    enrollment = Enrollment.objects.get(member=ada)
    page = marketer.get(reverse("admin:journeys_enrollment_change", args=[enrollment.pk])).content.decode()
    assert "The member has not agreed to it on any channel at hand." in page
    listed = marketer.get(reverse("admin:journeys_enrollment_changelist"))
    assert listed.status_code == 200


@pytest.mark.parametrize(
    ("role", "may"), [("Marketer", True), ("Manager", False), ("Sales rep", False), ("Store clerk", False)]
)
def test_only_marketers_publish(client: Client, role: str, may: bool) -> None:
    sender("email")
    content("hello")
    journey = published([WAIT])
    who = cast.user("somebody", is_staff=True)
    who.groups.add(Group.objects.get(name=role))
    client.force_login(who)
    assert (act(client, journey, "pause").status_code == 302) is may
    journey.refresh_from_db()
    assert (journey.state == JourneyState.PAUSED) is may


def test_the_plan_is_shown_before_publishing_and_done_as_it_was_chosen(marketer: Client) -> None:
    journey = published([WAIT])
    for who in cast.crowd(3):
        cast.event(who, "go")
    tick(NOW)
    other = {**WAIT, "key": "other"}
    Journey.objects.update(draft={**journey.draft, "steps": [SEND, other]})
    address = reverse("admin:journeys_journey_publish", args=[journey.pk])
    shown = marketer.get(address)
    assert [(one["row"].key, one["row"].members, one["chosen"]) for one in shown.context["rows"]] == [("rest", 3, "")]
    page = marketer.post(address, {"others": ":same", "show": "1"})
    assert "3 members stand at `rest`, which the new version does not have" in page.content.decode()
    assert page.status_code == 400
    chosen = {"others": ":same", "to-rest": "other", "seen": shown.context["seen"], "daily_maximum": "44"}
    page = marketer.post(address, {**chosen, "show": "1"})
    assert "3 skip mail: no such message" in " ".join(page.content.decode().split())
    assert Version.objects.count() == 1
    for wrong in ({"daily_maximum": "0"}, {"daily_maximum": "many"}, {"to-rest": "nowhere"}, {"seen": "other"}):
        assert marketer.post(address, {**chosen, **wrong}).status_code == 400
    told = marketer.post(address, chosen, follow=True).content.decode()
    assert "3 members moved." in told
    journey.refresh_from_db()
    assert (journey.daily_maximum, set(Enrollment.objects.values_list("step__key", flat=True))) == (44, {"other"})


def test_an_earlier_version_is_chosen_looked_at_and_comes_back(marketer: Client) -> None:
    journey = published([WAIT])
    act(marketer, journey, "publish")
    listed = marketer.get(reverse("admin:journeys_journey_roll_back", args=[journey.pk])).content.decode()
    address = reverse("admin:journeys_journey_publish", args=[journey.pk]) + "?version=1"
    assert address in listed
    assert "becomes a version of its own" in marketer.get(address).content.decode()
    assert marketer.get(address.replace("=1", "=x")).status_code == 400
    assert marketer.post(address, {"others": ":stay"}).status_code == 302
    journey.refresh_from_db()
    assert journey.current is not None
    assert journey.current.number == 3


def test_what_the_circuit_breaker_holds_is_seen_and_released(marketer: Client) -> None:
    journey = published([SEND], clock.now(), daily_maximum=1, ramp=5, runs={"from": "2026-01-01"})
    for who in cast.crowd(2):
        cast.event(who, "go", clock.now())
    tick(clock.now())
    page = marketer.get(change(journey)).content.decode()
    for said in ("Held by its circuit breaker.", "0 of 1", "2 of 5", "Members enter from 2026-01-01 on."):
        assert said in page, said
    address = reverse("admin:journeys_journey_release", args=[journey.pk])
    assert "It would send more than its 1 messages a day" in marketer.get(address).content.decode()
    assert marketer.post(address, {"most_today": "-3"}).status_code == 400
    assert marketer.post(address, {"most_today": "5"}).status_code == 302
    assert marketer.post(address).status_code == 400
    tick(clock.now())
    assert Message.objects.count() == 2
