"""The verdict of a faults run finds what is broken: each check, with the thing that it is there to find."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from channels.models import Message
from tests import cast
from tests.cast import NOW
from tests.channels.deliveries import Script, message, sender
from tests.faults import verdict
from tests.faults.log import CarriersLog, surprises
from tests.faults.verdict import Expected
from tests.faults.writers import Told

pytestmark = pytest.mark.django_db


def log(home: Path, *entries: tuple[str, bool, str]) -> CarriersLog:
    """The carrier's log with these entries: key, whether it was taken, and what the carrier did."""
    path = home / "sandbox" / "journal.jsonl"
    path.parent.mkdir(exist_ok=True)
    lines = [json.dumps({"key": key, "taken": taken, "did": did}) for key, taken, did in entries]
    path.write_text("".join(line + "\n" for line in lines))
    found = CarriersLog(home)
    found.read()
    return found


def broken(found: CarriersLog, doubts: int = 0, told: Told | None = None) -> str:
    """All sentences of the verdict about an outbox."""
    return "\n".join(verdict.broken(Expected(set(), set(), doubts, told or Told()), found, NOW))


def one(state: str, **fields: object) -> str:
    """The key of a message to Ada in this state."""
    sender()
    made = message(cast.ada())
    Message.objects.filter(pk=made.pk).update(state=state, handed_at=NOW, **fields)
    return str(made.public_id)


def test_what_left_twice_and_what_nobody_knows(script: Script, tmp_path: Path) -> None:
    key = one("sent")
    said = broken(log(tmp_path, (key, True, ""), (key, True, ""), ("stranger", True, "")))
    assert f"Message {key} left 2 times." in said
    assert "The carrier knows message stranger, which is not in the outbox." in said


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (("sent", "", False), "is sent, and the carrier never took it."),
        (("delivered", "", False), "is delivered, and the carrier never took it."),
        (("queued", "", False), "is still queued (without a reason)."),
        (("handed", "", True), "is still handed (without a reason)."),
        (("cancelled", "expired", True), "is cancelled (expired), and the carrier took it."),
        (("cancelled", "expired", False), "did not leave (expired), and no fault explains it."),
        (("refused", "carrier_refused", False), "did not leave (carrier_refused), and no fault explains it."),
        (("unconfirmed", "fate_unknown", True), "1 messages are unconfirmed; kills explain at most 0."),
    ],
)
def test_an_outbox_that_says_something_else_than_the_carrier(
    script: Script, tmp_path: Path, case: tuple[str, str, bool], words: str
) -> None:
    state, reason, taken = case
    key = one(state, reason=reason)
    assert words in broken(log(tmp_path, (key, taken, "")))


def test_what_a_fault_explains_is_no_finding(script: Script, tmp_path: Path) -> None:
    key = one("refused", reason="carrier_refused")
    assert key not in broken(log(tmp_path, (key, False, "refuse")))
    Message.objects.update(state="unconfirmed", reason="fate_unknown")
    assert "unconfirmed" not in broken(log(tmp_path, (key, True, "vanish")))
    assert "unconfirmed" not in broken(log(tmp_path, (key, True, "")), doubts=1)


def test_a_lost_fact_a_mail_by_night_and_the_audit(script: Script, tmp_path: Path) -> None:
    key = one("sent", sent_at=NOW, journey_id=None)
    night = NOW.replace(hour=1)
    Message.objects.update(handed_at=night)
    expected = Expected({"order"}, set(), 0)
    said = "\n".join(verdict.broken(expected, log(tmp_path, (key, True, "")), NOW))
    assert "1 facts were acknowledged and 0 are stored." in said
    assert "1 orders let members into “ordered”, and 0 are enrolled." in said
    assert f"Mail {key} left at 02:00 in Europe/Berlin." in said
    assert "The audit: 1 rows break “Every message that left stands in the member's history.”" in said


def test_what_writers_were_told_and_is_not_so(tmp_path: Path) -> None:
    told = Told(prices={1: {(Decimal("9.00"), "EUR"), (Decimal("8.00"), "EUR")}}, confirmed={"tap-1": 1})
    said = broken(log(tmp_path), told=told)
    assert "Grant 1 was shown at 2 prices." in said
    assert "Redemption tap-1 was confirmed and is not there." in said


def test_an_error_that_no_fault_explains_is_found_in_the_logs(tmp_path: Path) -> None:
    meant = "psycopg.OperationalError: the connection is lost\n"
    chained = "IndexError: pop from empty list\n\nDuring handling of the above exception, another exception occurred:\n"
    (tmp_path / "host-1.log").write_text(f"{chained}{meant}django.db.utils.OperationalError: deadlock detected\n\n")
    (tmp_path / "host-2.log").write_text("Traceback:\nKeyError: 'oops'\nnext line\nKeyError: 'oops'\n")
    assert sorted(surprises(tmp_path)) == [
        "A program raised, 1 times: django.db.utils.OperationalError: deadlock detected",
        "A program raised, 2 times: KeyError: 'oops'",
    ]
