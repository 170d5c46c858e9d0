"""One round of the engine or of delivery, and the audit, from the command line."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from channels.models import Message
from tests import cast
from tests.carrier import Carrier
from tests.cast import DAY, NOW
from tests.channels.outbox import ask, candidate, content, sender
from tests.journeys.drawn import published

SEND: dict[str, Any] = {"key": "mail", "kind": "send", "content": "hello", "channels": ["email"]}


def run(command: str, *arguments: str) -> str:
    """What a command says."""
    said = StringIO()
    call_command(command, *arguments, stdout=said, stderr=said)
    return said.getvalue()


@pytest.mark.django_db(transaction=True)
def test_a_tick_and_a_delivery_at_a_given_time_do_the_whole_work(carrier: Carrier) -> None:
    carrier.create()
    content("hello")
    published([SEND])
    ada = cast.ada()
    cast.event(ada, "go")
    assert "1 entered, 1 moves" in run("tick", "--now", NOW.isoformat())
    assert "1 sent" in run("deliver", "--now", NOW.isoformat())
    assert [entry["address"] for entry in carrier.taken()] == ["ada@example.com"]
    assert "broken" not in run("audit", "--now", NOW.isoformat())
    assert run("deliver", "--now", NOW.isoformat()) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["tick", "deliver", "audit"])
@pytest.mark.parametrize("wrong", ["yesterday", "2026-03-10T11:00"])
def test_a_time_without_an_offset_or_sense_is_one_sentence(command: str, wrong: str) -> None:
    with pytest.raises(CommandError, match="write date, time and offset"):
        run(command, "--now", wrong)


@pytest.mark.django_db
def test_a_broken_promise_is_named_counted_and_the_exit_code_tells() -> None:
    content("hello")
    ada = cast.ada()
    sender("email")
    [verdict] = ask(candidate(ada, content("other")))
    Message.objects.filter(pk=verdict.message_id or 0).update(state="sent", handed_at=NOW + DAY, sent_at=NOW + DAY)
    cast.consent(ada, "email", granted=False, at=NOW)
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("audit", "--now", (NOW + DAY).isoformat(), stdout=said, stderr=said)
    assert ended.value.code == 1
    broken = {
        line.split()[2]: int(line.split()[1]) for line in said.getvalue().splitlines() if line.startswith("broken")
    }
    assert broken == {"consent": 1, "origin": 1, "told_at_all": 1}
