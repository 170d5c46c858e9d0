"""The sandbox's own doors: its log, its behaviour, its clock, and whatever shall happen to a message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

from channels.sandbox.carrier import Carrier
from channels.sandbox.hooks import Hook
from channels.sandbox.journal import Entry
from channels.sandbox.reactions import PROFILES, Act, Profile
from channels.sandbox.web import Answer, Asked, BadRequest, as_json

_FILTERS = ("channel", "key", "address")


async def log(carrier: Carrier, asked: Asked) -> Answer:
    """`GET /log?channel=&key=&address=&after=&limit=`: what was handed over, by number."""
    wanted = {name: asked.query[name] for name in _FILTERS if name in asked.query}
    after, limit = _number(asked.query, "after", -1), _number(asked.query, "limit", 1000)
    return as_json([asdict(entry) for entry in carrier.journal.find(wanted, after, limit)])


async def counts(carrier: Carrier, _asked: Asked) -> Answer:
    """`GET /counts`: entries of the log, messages taken by channel, keys taken twice, and how much waits to be sent."""
    journal, waiting = carrier.journal, carrier.back.waiting
    taken = {"entries": journal.size, "taken": journal.counts(), "twice": journal.twice()}
    return as_json({**taken, "waiting": waiting})


async def mail(carrier: Carrier, asked: Asked) -> Answer:
    """`GET /mail?key=`: one of the last mails as it came over the wire."""
    raw = next((raw for found, raw in carrier.journal.mails if found == asked.query.get("key")), None)
    if raw is None:
        return Answer("There is no such mail among the last ones.", HTTPStatus.NOT_FOUND)
    return Answer(raw.decode("utf-8", errors="replace"), kind="message/rfc822")


async def control(carrier: Carrier, asked: Asked) -> Answer:
    """`POST /control {"rules": […], "hooks": {channel: {"url", "secret"}}, "profile": name or shares, "pace": 0.01}`.

    Each part is optional and replaces what held before; a hook of null is taken away. `"forget": true` drops whatever
    waits to be sent back.
    """
    given = asked.json()
    if unknown := set(given) - {"rules", "hooks", "profile", "pace", "forget"}:
        raise BadRequest(f"There is nothing to control by {', '.join(sorted(unknown))}.")
    if "rules" in given:
        carrier.behaviour.replace(given["rules"])
    for channel, hook in given.get("hooks", {}).items():
        if hook:
            carrier.hooks.put(channel, Hook(hook.get("url", ""), hook.get("secret", "")))
        else:
            carrier.hooks.drop(channel)
    if "profile" in given:
        carrier.profile = replace(_profile(given["profile"]), pace=carrier.profile.pace)
    if "pace" in given:
        carrier.profile = replace(carrier.profile, pace=float(given["pace"]))
    if given.get("forget"):
        carrier.back.forget()
    return as_json({"ok": True})


async def clock(carrier: Carrier, asked: Asked) -> Answer:
    """`POST /clock {"now": ISO 8601 or null}`: live at this time until the next call, or in the present."""
    moment = asked.json().get("now")
    try:
        found = datetime.fromisoformat(moment) if moment is not None else None
    except (TypeError, ValueError) as error:
        raise BadRequest("now must be a time such as 2026-03-10T12:00:00+00:00, or null.") from error
    if found is not None and found.tzinfo is None:
        raise BadRequest("now must say its offset, such as +00:00.")
    carrier.set_clock(found)
    return as_json({"now": carrier.now().isoformat()})


async def flush(carrier: Carrier, _asked: Asked) -> Answer:
    """`POST /flush`: send back everything that is due, and answer when all of it is answered."""
    return as_json(asdict(await carrier.back.flush(carrier.now())))


async def react(carrier: Carrier, asked: Asked) -> Answer:
    """`POST /react {"act": …, "key": … or "channel": … and "address": …, "text": …}`: let something happen now.

    `text` is what is replied, or the link that is clicked. A reply from an address that never got anything is possible.
    """
    given = {name: str(value) for name, value in asked.json().items()}
    try:
        act = Act(given.get("act", ""))
    except ValueError as error:
        raise BadRequest(f"act must be one of {', '.join(Act)}.") from error
    wanted = {name: given[name] for name in _FILTERS if name in given}
    taken = [entry for entry in carrier.journal.find(wanted) if entry.taken]
    carrier.act(taken[-1] if taken else _stranger(carrier, given), act, given.get("text", ""))
    return as_json({"ok": True})


DOORS: Mapping[tuple[str, str], Callable[[Carrier, Asked], Awaitable[Answer]]] = {
    ("GET", "/log"): log,
    ("GET", "/counts"): counts,
    ("GET", "/mail"): mail,
    ("POST", "/control"): control,
    ("POST", "/clock"): clock,
    ("POST", "/flush"): flush,
    ("POST", "/react"): react,
}


def _stranger(carrier: Carrier, given: Mapping[str, str]) -> Entry:
    if "key" in given or not given.get("channel") or not given.get("address"):
        raise BadRequest("No such message was taken; name its key, or a channel and an address.")
    at = carrier.now().isoformat()
    return Entry(carrier.journal.size, at, given["channel"], "", given["address"], "", taken=True)


def _profile(given: Any) -> Profile:
    if isinstance(given, str):
        if given not in PROFILES:
            raise BadRequest(f"profile must be one of {', '.join(PROFILES)}, or shares by channel and act.")
        return PROFILES[given]
    try:
        return Profile(
            {channel: {Act(act): float(part) for act, part in acts.items()} for channel, acts in given.items()}
        )
    except (AttributeError, TypeError, ValueError) as error:
        raise BadRequest('profile must look like {"sms": {"delivered": 1.0}}.') from error


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.lstrip("-").isdecimal():
        raise BadRequest(f"{name} must be a whole number.")
    return int(text)
