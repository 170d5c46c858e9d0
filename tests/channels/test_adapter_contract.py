"""What holds for every adapter, against a real carrier: the sandbox, or for the desk the tables of people."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from importlib import import_module
from uuid import uuid4

import pytest
from django.test import RequestFactory

from channels import registry, senders
from channels.base import Adapter, BadSettings, Fate, NotAReceipt, Outgoing, Result
from channels.models import Sender, Team
from channels.sandbox.senders import Installed
from channels.vocabulary import CARRIED
from tests import cast
from tests.carrier import Carrier
from tests.cast import NOW
from tests.channels import outbox
from tests.channels.deliveries import message

KINDS = sorted(registry.adapters())
WIRED = [kind for kind in KINDS if kind != "desk"]
ADDRESSES = {"email": "ada@example.com", "sms": "+4915550100001", "chat": "1001", "desk": "", "webhook": ""}
TEXT = "Grüße, Ada!\n\n.\n..two dots\n€ 5 – 好\nFrom here https://example.com/?a=1&b=%20 to there"

pytestmark = pytest.mark.django_db


@pytest.fixture
def installed(carrier: Carrier) -> Installed:
    """Senders of all kinds, with the sandbox behind them."""
    return carrier.create()


@pytest.fixture
def configured(installed: Installed) -> Callable[..., Adapter]:
    """Make the adapter of a kind, with settings changed by name."""

    def make(kind: str, **changed: object) -> Adapter:
        sender: Sender = getattr(installed, kind)
        known = {setting.name for setting in registry.adapter(kind).settings}
        senders.configure(sender, {**senders.values(sender), **{k: v for k, v in changed.items() if k in known}})
        return senders.adapter_of(sender)

    return make


Configured = Callable[..., Adapter]


@pytest.fixture
def window() -> Callable[..., list[Outgoing]]:
    """Make messages for a kind; those for the desk are in the outbox, which is where its team finds them."""

    def make(kind: str, size: int = 1) -> list[Outgoing]:
        if kind == "desk":
            return [follow_up(number) for number in range(size)]
        return [wired(kind, number) for number in range(size)]

    def wired(kind: str, number: int) -> Outgoing:
        key = str(uuid4())
        html = "<p>Grüße, <b>Ada</b></p>" if kind == "email" else ""
        # The Bot API takes no key: the sandbox tells chat messages apart by their words.
        text = f"{TEXT} {key}" if kind == "chat" else TEXT
        return Outgoing(number, key, 1, ADDRESSES[kind], text, "Grüße 好" * 9, html, "https://example.com/u/1", now=NOW)

    def follow_up(number: int) -> Outgoing:
        team, _new = Team.objects.get_or_create(key="recovery", name="Recovery")
        who = cast.member(f"M-{number}")
        what = outbox.content(f"call-{number}", ("desk",))
        row = message(who, what, channels=["desk"], team_id=team.pk)
        return Outgoing(row.pk, str(row.public_id), who.pk, "", TEXT, team_id=team.pk, now=NOW)

    return make


Window = Callable[..., list[Outgoing]]


def send(adapter: Adapter, window: list[Outgoing]) -> dict[int, Result]:
    with adapter.connection():
        results = list(adapter.send(window))
    assert sorted(result.message_id for result in results) == sorted(out.message_id for out in window)
    return {result.message_id: result for result in results}


# Being taken ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_window_is_taken_with_a_result_for_each(configured: Configured, window: Window, kind: str) -> None:
    results = send(configured(kind), window(kind, 20))
    assert {result.fate for result in results.values()} == {Fate.SENT}


@pytest.mark.parametrize("kind", KINDS)
def test_windows_follow_each_other_on_one_connection(configured: Configured, window: Window, kind: str) -> None:
    adapter, made = configured(kind), window(kind, 6)
    with adapter.connection():
        results = [result for start in (0, 2, 4) for result in adapter.send(made[start : start + 2])]
    assert [result.fate for result in results] == [Fate.SENT] * 6


@pytest.mark.parametrize("kind", WIRED)
def test_the_words_arrive_as_they_were_written(
    configured: Configured, window: Window, carrier: Carrier, kind: str
) -> None:
    [out] = window(kind)
    send(configured(kind), [out])
    [entry] = carrier.taken(channel=kind)
    assert entry["address"] == out.address
    assert entry["text"].replace("\r\n", "\n").rstrip("\n") == out.text
    if kind == "email":
        assert (entry["subject"], entry["stop_url"], entry["key"]) == (out.subject, out.unsubscribe_url, out.key)


# Being refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WIRED)
def test_a_refusal_is_final_and_tells_the_carriers_words(
    configured: Configured, window: Window, carrier: Carrier, kind: str
) -> None:
    carrier.misbehave("refuse", words="nobody lives here", times=1)
    made = window(kind, 2)
    results = send(configured(kind, connections=1), made)
    assert [results[out.message_id].fate for out in made] == [Fate.REFUSED, Fate.SENT]
    assert "nobody lives here" in results[made[0].message_id].words
    assert not results[made[0].message_id].carrier_wide


@pytest.mark.parametrize("kind", WIRED)
def test_a_busy_carrier_is_asked_again(configured: Configured, window: Window, carrier: Carrier, kind: str) -> None:
    carrier.misbehave("busy", times=1, seconds=7)
    made = window(kind)
    adapter = configured(kind)
    [first] = send(adapter, made).values()
    assert first.fate is Fate.AGAIN
    assert kind != "chat" or (first.wait, first.carrier_wide) == (7, True)
    [second] = send(adapter, made).values()
    assert second.fate is Fate.SENT


# Being in doubt -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deed", ["vanish", "hang"])
@pytest.mark.parametrize("kind", WIRED)
def test_a_carrier_that_does_not_answer_leaves_one_message_in_doubt_and_the_rest_to_try_again(
    configured: Configured, window: Window, carrier: Carrier, kind: str, deed: str
) -> None:
    carrier.misbehave(deed, seconds=30, times=1)
    made = window(kind, 5)
    results = send(configured(kind, timeout=1, connections=1), made)
    assert [results[out.message_id].fate for out in made] == [Fate.UNKNOWN, *[Fate.AGAIN] * 4]
    assert all(result.carrier_wide and result.words for result in results.values())
    assert len(carrier.taken()) == (1 if deed == "vanish" else 0)


@pytest.mark.parametrize("kind", WIRED)
def test_a_slow_answer_is_waited_for(configured: Configured, window: Window, carrier: Carrier, kind: str) -> None:
    carrier.misbehave("delay", seconds=0.3)
    [result] = send(configured(kind, timeout=10), window(kind)).values()
    assert result.fate is Fate.SENT


# Being away -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nobody listens, and nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("kind", WIRED)
def test_a_carrier_that_is_away_costs_nothing_and_concerns_all(
    configured: Configured, window: Window, closed_port: int, kind: str
) -> None:
    adapter = configured(kind, host="127.0.0.1", port=closed_port, url=f"http://127.0.0.1:{closed_port}/cgi-bin")
    results = send(adapter, window(kind, 20))
    assert {result.fate for result in results.values()} == {Fate.AGAIN}
    assert all(result.carrier_wide and result.words for result in results.values())


# Settings and webhooks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_settings_round_trip_and_secrets_stay_secret(installed: Installed, kind: str) -> None:
    sender: Sender = getattr(installed, kind)
    kept = senders.values(sender)
    secret = {setting.name for setting in registry.adapter(kind).settings if setting.secret}
    assert not secret & set(sender.settings)
    assert not any(str(kept[name]) in sender.secrets for name in secret if kept[name])
    senders.configure(sender, {name: value for name, value in kept.items() if name not in secret})
    assert senders.values(sender) == kept


@pytest.mark.parametrize("kind", KINDS)
def test_each_missing_setting_is_named(kind: str) -> None:
    for setting in registry.adapter(kind).settings:
        if setting.required:
            with pytest.raises(BadSettings, match="is missing"):
                senders.configure(Sender(name="x", adapter=kind), {})
    with pytest.raises(BadSettings, match="has no setting “nonsense”"):
        senders.configure(Sender(name="x", adapter=kind), {"nonsense": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_a_call_that_proves_nothing_is_no_receipt(configured: Configured, kind: str) -> None:
    adapter, requests = configured(kind), RequestFactory()
    post = requests.post("/hooks/token/", b"{}", content_type="application/json")
    get = requests.get("/hooks/token/", {"message": str(uuid4()), "signature": "wrong", "type": "1"})
    for request in (post, get, requests.get("/hooks/token/")):
        with pytest.raises(NotAReceipt):
            adapter.receipts(request)


@pytest.mark.parametrize("kind", KINDS)
def test_an_adapter_says_what_it_is(kind: str) -> None:
    adapter = registry.adapter(kind)
    assert (adapter.kind, str(adapter.channel) in dict(CARRIED)) == (kind, True)
    assert str(adapter.label)
    for setting in adapter.settings:
        assert str(setting.label)
        assert str(setting.help)
        assert setting.kind in {str, int, bool, list}
    package = adapter.__module__.rpartition(".")[0]
    assert len(import_module(package).__doc__ or "") > 200
