"""Prometheus reads how deep queues are, and how late shards and messages, whichever worker did the work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NoReturn

import pytest
from celery import Celery
from django.db import OperationalError
from django.test import Client, override_settings
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from channels import delivery, latency
from channels.models import Hold, Message
from config.watch import metrics
from members import pulses
from members.models import News, Pulse
from tests import cast
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import REFUSED, Script, message, script, sender  # noqa: F401 - a fixture
from tests.journeys import drawn

pytestmark = pytest.mark.django_db
TOKEN = "a token that nobody guesses"


@pytest.fixture(autouse=True)
def own_broker(broker: str) -> Iterator[None]:
    with override_settings(CELERY_BROKER_URL=broker, CHORALE_METRICS_TOKEN=TOKEN):
        yield


def told(now: Any = NOW) -> dict[str, float]:
    """What Prometheus reads, by name and labels as it writes them."""
    text = generate_latest(metrics.registry(now)).decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        f"{each.name}{{{','.join(f'{name}={value}' for name, value in sorted(each.labels.items()))}}}": each.value
        for each in samples
    }


def test_metrics_are_for_those_with_the_token_alone(client: Client) -> None:
    given = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert given.status_code == 200
    assert b"# TYPE chorale_queue_depth gauge" in given.content
    for wrong in ({}, {"Authorization": "Bearer x"}, {"Authorization": TOKEN}, {"Authorization": f"Basic {TOKEN}"}):
        refused = client.get("/metrics", headers=wrong)
        assert (refused.status_code, b"chorale_" in refused.content) == (401, False)
    with override_settings(CHORALE_METRICS_TOKEN=""):
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
            assert client.get("/metrics", headers=headers).status_code == 404


def test_metrics_without_a_database_are_one_sentence_and_no_error_page(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_now: datetime) -> NoReturn:
        raise OperationalError("connection refused")

    monkeypatch.setattr("config.watch.metrics.depths.by_sender", away)
    given = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (given.status_code, given.content) == (503, b"The database cannot be asked; /readyz says more.\n")


def test_a_host_whose_clock_is_ahead_was_seen_just_now() -> None:
    Pulse.objects.create(kind=Pulse.Kind.HOST, name="east", at=NOW + timedelta(minutes=5))
    assert told()["chorale_host_age_seconds{host=east}"] == 0


def test_queues_have_a_depth_and_the_age_of_what_waits_longest(script: Script) -> None:  # noqa: F811
    mail, sms, crowd = sender(), outbox.sender("sms"), cast.crowd(4)
    what = outbox.content()
    for n, (priority, due) in enumerate([(10, 5), (10, 90), (70, 600), (20, -3600)]):
        waiting = message(crowd[n], what)
        Message.objects.filter(pk=waiting.pk).update(priority=priority, due_at=NOW - timedelta(seconds=due))
    found = told()
    label = f"{{channel=email,sender={mail.name}}}"
    assert (found[f"chorale_queue_depth{label}"], found[f"chorale_queue_age_seconds{label}"]) == (4, 600)
    assert found[f"chorale_queue_age_seconds{{channel=sms,sender={sms.name}}}"] == 0
    assert found[f"chorale_sender_failing{label}"] == 0


def test_messages_by_state_and_how_late_they_left(script: Script) -> None:  # noqa: F811
    mail, what, crowd = sender(), outbox.content(), cast.crowd(3)
    script.will("b@example.com", REFUSED)
    for n, address in enumerate(["a@example.com", "b@example.com", "c@example.com"]):
        made = message(crowd[n], what)
        Message.objects.filter(pk=made.pk).update(address=address, due_at=NOW - timedelta(seconds=[2.5, 9, 4000][n]))
    delivery.deliver(mail, NOW)
    held = message(cast.ada(), what)
    Hold.objects.create(scope=Hold.Scope.SENDER, scope_id=str(mail.pk), reason="why", since=NOW)
    Message.objects.filter(pk=held.pk).update(
        state="handed", lease_token=held.public_id, lease_until=NOW + timedelta(minutes=5)
    )
    found, label = told(), f"channel=email,le={{}},sender={mail.name}"
    assert found["chorale_messages_total{channel=email,state=sent}"] == 2
    assert found["chorale_messages_total{channel=email,state=refused}"] == 1
    assert found["chorale_messages_total{channel=email,state=queued}"] == 4
    assert (found["chorale_messages_under_way{state=handed}"], found["chorale_holds{scope=sender}"]) == (1, 1)
    # 2.5 seconds are within the bound of 2.5; what was refused has left at no time.
    buckets = {
        bound: found[f"chorale_delivery_latency_seconds_bucket{{{label.format(bound)}}}"]
        for bound in ("1.0", "2.5", "1800.0", "7200.0", "+Inf")
    }
    assert buckets == {"1.0": 0, "2.5": 1, "1800.0": 1, "7200.0": 2, "+Inf": 2}
    assert found[f"chorale_delivery_latency_seconds_sum{{channel=email,sender={mail.name}}}"] == 4002.5
    # Adding up past days changes nothing that was told.
    latency.compact(NOW + timedelta(days=2))
    assert told() == found


def test_each_shard_says_how_far_it_is_behind() -> None:
    ada, ben = cast.ada(), cast.ben()
    drawn.published([{"key": "later", "kind": "wait", "duration": {"days": 1}}], NOW)
    cast.event(ada, "go", NOW)
    assert max(told(NOW + timedelta(seconds=40)).items(), key=lambda one: one[1] if "tick_lag" in one[0] else -1) == (
        f"chorale_tick_lag_seconds{{shard={News.objects.get().shard}}}",
        40,
    )
    drawn.tick(NOW)
    day = timedelta(days=1)
    lags = {name: value for name, value in told(NOW + day + timedelta(seconds=7)).items() if "tick_lag" in name}
    assert (sorted(lags.values())[-2:], len(lags)) == ([0, 7], 64)
    assert ben.pk != ada.pk


def test_pulses_and_the_broker(broker: str) -> None:
    pulses.note([(Pulse.Kind.TASK, "channels.tasks.look"), (Pulse.Kind.HOST, "one")], NOW - timedelta(seconds=12))
    Celery(broker=broker, set_as_current=False).send_task("x", queue="chorale")
    found = told()
    assert (
        found["chorale_task_age_seconds{task=channels.tasks.look}"],
        found["chorale_host_age_seconds{host=one}"],
    ) == (12, 12)
    assert (found["chorale_tasks_waiting{}"], found["chorale_broker_up{}"]) == (1, 1)
    with override_settings(CELERY_BROKER_URL="redis://127.0.0.1:1/0"):
        away = told()
    assert ("chorale_tasks_waiting{}" in away, away["chorale_broker_up{}"]) == (False, 0)
