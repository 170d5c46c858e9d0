"""What Prometheus reads: computed from the database when it asks, so that it is right with any number of workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import accumulate

from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from channels import counts, depths, latency
from channels.depths import Depth
from config.watch import tasks_waiting
from journeys import lag
from members import pulses
from members.models import Pulse


def registry(now: datetime) -> CollectorRegistry:
    """Return a registry that tells how things stand at `now`."""
    made = CollectorRegistry(auto_describe=False)
    made.register(_AsOf(now))
    return made


class _AsOf(Collector):
    """All metrics as of one instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics; docs/operations.md says of each what to do about it."""
        senders = depths.by_sender(self.now)
        yield from _queues(senders)
        yield _latency(senders)
        yield from _messages()
        lags = lag.by_shard(self.now)
        yield _gauge("chorale_tick_lag_seconds", "Waiting of a shard's oldest news or due enrollment.", ["shard"], lags)
        yield from _pulses(self.now)
        yield from _broker()


def _queues(senders: Sequence[Depth]) -> Iterator[Metric]:
    labels = ["sender", "channel"]
    queued = GaugeMetricFamily("chorale_queue_depth", "Messages queued at a sender.", labels=labels)
    age = GaugeMetricFamily("chorale_queue_age_seconds", "Since when its oldest message has been due.", labels=labels)
    failing = GaugeMetricFamily("chorale_sender_failing", "1 while the sender's carrier fails.", labels=labels)
    for each in senders:
        queued.add_metric([each.name, each.channel], each.queued)
        age.add_metric([each.name, each.channel], each.seconds)
        failing.add_metric([each.name, each.channel], each.failing)
    yield from (queued, age, failing)


def _latency(senders: Sequence[Depth]) -> Metric:
    words = "From the instant a message was due until its carrier took it."
    family = HistogramMetricFamily("chorale_delivery_latency_seconds", words, labels=["sender", "channel"])
    found = latency.by_sender()
    bounds = [*map(str, latency.BOUNDS), "+Inf"]
    for each in senders:
        histogram = found.get(each.sender_id, latency.Histogram())
        buckets = list(zip(bounds, map(float, accumulate(histogram.counts)), strict=True))
        family.add_metric([each.name, each.channel], buckets, histogram.seconds)
    return family


def _messages() -> Iterator[Metric]:
    words = "Messages that ever came into a state, or were clicked."
    came = CounterMetricFamily("chorale_messages", words, labels=["channel", "state"])
    for (channel, state), count in sorted(counts.by_state().items()):
        came.add_metric([channel, state], count)
    yield came
    yield _gauge("chorale_messages_under_way", "Messages in the hands of workers.", ["state"], depths.under_way())
    yield _gauge("chorale_holds", "Holds that keep messages from leaving.", ["scope"], depths.holds())


def _pulses(now: datetime) -> Iterator[Metric]:
    ran, seen = (
        # A host whose clock is ahead has done it just now.
        {name: max(0.0, (now - at).total_seconds()) for name, at in pulses.last(kind).items()}
        for kind in (Pulse.Kind.TASK, Pulse.Kind.HOST)
    )
    yield _gauge("chorale_task_age_seconds", "Since when a task of beat ran last.", ["task"], ran)
    yield _gauge("chorale_host_age_seconds", "Since when a host took its last task.", ["host"], seen)


def _broker() -> Iterator[Metric]:
    up = GaugeMetricFamily("chorale_broker_up", "1 where the broker answers.")
    try:
        waiting = tasks_waiting.count()
        yield GaugeMetricFamily("chorale_tasks_waiting", "Tasks in the broker that nobody took yet.", value=waiting)
        up.add_metric([], 1)
    except (AMQPError, RedisError, OperationalError, OSError):
        up.add_metric([], 0)
    yield up


def _gauge(name: str, words: str, labels: Sequence[str], values: object) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for label, value in sorted(dict(values).items()):  # type: ignore[call-overload]
        family.add_metric([str(label)], value)
    return family
