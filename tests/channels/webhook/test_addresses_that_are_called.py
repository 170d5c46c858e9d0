"""Where webhooks go: to public addresses alone unless said otherwise, and to the very address that was judged."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from channels import senders
from channels.base import BadSettings, Fate, Outgoing, Result
from channels.models import Sender
from channels.webhook import guard
from channels.webhook.adapter import Webhook
from channels.webhook.guard import Guarded
from tests.cast import NOW
from tests.channels.webhook.receiver import SECRET, Receiver, answer

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"]
PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.200"),
    *("169.254.169.254", "168.63.129.16", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1"),
    *("::ffff:169.254.169.254", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "::7f00:1"),
    *("fec0::1", "64:ff9b:1::808:808", "192.0.0.8", "192.88.99.1", "3fff::1", "5f00::1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_may_be_called(address: str) -> None:
    assert guard.is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_may_not_in_whatever_clothes(address: str) -> None:
    assert not guard.is_public(ip_address(address))


def configured(url: str, **settings: Any) -> Sender:
    made = Sender(name="x", adapter="webhook")
    senders.configure(made, {"url": url, "events": ["message.sent"], "secret": SECRET, **settings})
    return made


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST.", "app.localhost", "printer.local", "metadata.google.internal"),
        *("[::1]", "[::ffff:7f00:1]", "127.1", "0x7f.0.0.1", "2130706433", "169.254.169.254", "0"),
    ],
)
def test_a_url_that_is_private_by_the_look_of_it_is_refused_when_it_is_entered(host: str) -> None:
    with pytest.raises(BadSettings, match="“URL” leads to a private address"):
        configured(f"https://{host}/hooks")
    assert configured(f"https://{host}/hooks", allow_private=True).settings["allow_private"] is True


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("ftp://shop.example/", "“URL” must be a whole address"),
        ("file:///etc/passwd", "“URL” must be a whole address"),
        ("shop.example/hooks", "“URL” must be a whole address"),
        ("https://user:word@shop.example/", "“URL” must have no user"),
        ("https://shop.example/#part", "“URL” must have no user, password or fragment"),
        ("https://shop.example:22/", "“URL” must have the port 80, 443 or one from 1024 on"),
        ("https://shop.example:25/", "“URL” must have the port 80, 443 or one from 1024 on"),
    ],
)
def test_a_url_that_is_none_for_webhooks_is_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(BadSettings, match=sentence):
        configured(url)


def test_answers_cannot_be_waited_for_so_long_that_signatures_are_stale() -> None:
    with pytest.raises(BadSettings, match="“Time-out” must be between 1 and 15 seconds"):
        configured("https://shop.example/", timeout=16)


def test_events_are_of_the_vocabulary_and_there_is_one_at_least() -> None:
    with pytest.raises(
        BadSettings, match=r"“Events” knows no “message\.eaten”; there are message\.queued, message\.sent"
    ):
        configured("https://shop.example/", events=["message.eaten"])
    with pytest.raises(BadSettings, match="“Events” is missing"):
        configured("https://shop.example/", events=[])
    with pytest.raises(BadSettings, match="“Events” knows no “7”"):
        configured("https://shop.example/", events=7)
    assert configured("https://shop.example/", events="grant.redeemed, message.sent").settings["events"] == [
        "message.sent",
        "grant.redeemed",
    ]


# When it is called ----------------------------------------------------------------------------------------------------


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have the resolver give these answers, one after another; return the list of what it was asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: Any, **named: Any) -> list[tuple[Any, ...]]:
        if host[0].isdigit():
            return list(real(host, port, *rest, **named))
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        if not found:
            raise socket.gaierror(-2, "Name or service not known")
        families = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in found]
        return [(family, 1, 6, "", (address, port)) for family, address in zip(families, found, strict=True)]

    monkeypatch.setattr("socket.getaddrinfo", getaddrinfo)
    return asked


def call(url: str, *, allow_private: bool = False, refusing: tuple[str, ...] = ()) -> list[httpx.Request]:
    """Call by the guarded way and return what went on, without a network behind it."""
    went: list[httpx.Request] = []

    def onwards(request: httpx.Request) -> httpx.Response:
        went.append(request)
        if request.url.host in refusing:
            raise httpx.ConnectError("connection refused")
        return httpx.Response(204)

    way = Guarded(httpx.MockTransport(onwards), allow_private=allow_private)
    with httpx.Client(transport=way) as client:
        client.post(url, content=b"{}")
        client.post(url, content=b"{}")
    return went


def test_the_call_goes_to_the_address_that_was_judged_and_the_name_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, ["93.184.216.34"], ["127.0.0.1"])
    first, second = call("https://shop.example:8443/hooks?a=1")
    assert asked == ["shop.example"]
    assert {str(request.url) for request in (first, second)} == {"https://93.184.216.34:8443/hooks?a=1"}
    assert first.headers["host"] == "shop.example:8443"
    assert first.extensions["sni_hostname"] == "shop.example"


def test_a_name_of_other_letters_is_asked_for_as_the_internet_writes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = names(monkeypatch, ["93.184.216.34"])
    [request, _again] = call("https://büro.example/hooks")
    assert (asked, request.extensions["sni_hostname"]) == (["xn--bro-hoa.example"], "xn--bro-hoa.example")


@pytest.mark.parametrize("found", [["10.1.2.3"], ["93.184.216.34", "127.0.0.1"], ["2606:2800::1", "::1"]])
def test_a_name_with_a_private_address_among_its_own_is_not_called(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    names(monkeypatch, found)
    with pytest.raises(httpx.ConnectError, match="which is not public; allow private addresses"):
        call("https://shop.example/hooks")
    assert len(call("https://shop.example/hooks", allow_private=True)) == 2


def test_where_one_family_of_addresses_does_not_answer_the_other_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ["2606:2800::1", "2606:2800::2", "93.184.216.34", "93.184.216.35"]
    names(monkeypatch, found)
    went = call("https://shop.example/hooks", refusing=("2606:2800::1",))
    assert [request.url.host for request in went] == ["2606:2800::1", "93.184.216.34"] * 2
    with pytest.raises(httpx.ConnectError, match="connection refused"):
        call("https://shop.example/hooks", refusing=("2606:2800::1", "93.184.216.34"))


def send(url: str, **settings: Any) -> Result:
    adapter = Webhook(senders.values(configured(url, **settings)))
    with adapter.connection():
        [result] = adapter.send([Outgoing(1, "key", 1, "", "{}", now=NOW)])
    return result


def test_a_name_that_leads_inside_leaves_the_messages_waiting_and_says_why(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    names(monkeypatch, ["127.0.0.1"])
    result = send(receiver.url.replace("127.0.0.1", "shop.example"))
    assert (result.fate, result.carrier_wide) == (Fate.AGAIN, True)
    assert result.words.startswith("shop.example is at 127.0.0.1, which is not public")
    assert receiver.calls == []


def test_a_name_that_nobody_knows_leaves_the_messages_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, [])
    result = send("https://shop.example/hooks")
    assert (result.fate, result.carrier_wide) == (Fate.AGAIN, True)
    assert result.words.startswith("shop.example is not found")


def test_an_allowed_private_address_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    names(monkeypatch, ["127.0.0.1"])
    result = send(receiver.url.replace("127.0.0.1", "shop.example"), allow_private=True)
    assert result.fate is Fate.SENT
    [call] = receiver.calls
    assert call.headers["host"].startswith("shop.example:")


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [lambda handler: answer(handler, 307, location=receiver.url + "/elsewhere")]
    result = send(receiver.url, allow_private=True)
    assert (result.fate, result.carrier_wide) == (Fate.AGAIN, True)
    assert [call.path for call in receiver.calls] == ["/hooks"]


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert send(receiver.url, allow_private=True).fate is Fate.SENT
