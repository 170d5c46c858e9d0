"""The carrier behind both doors: it takes messages, remembers them, and decides what follows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from channels.sandbox.behaviour import Behaviour, Deed, Rule
from channels.sandbox.hooks import Hooks
from channels.sandbox.journal import Entry, Journal
from channels.sandbox.reactions import DEMO, Act, Profile
from channels.sandbox.taking import Fate, Handed, Taking
from channels.sandbox.wayback import Translate, WayBack
from channels.sandbox.web import Cut
from members import clock

# What a member says when nothing else is asked for.
WORDS = {Act.REPLIED: "Hello", Act.STOPPED: "STOP"}


class Carrier:
    """Everything the sandbox knows. One event loop works on it, so nothing is locked."""

    def __init__(self, home: Path, translate: Translate, seed: str = "chorale", profile: Profile = DEMO) -> None:
        """Open what an earlier run left in `home`; what that had still to send back is sent by this one."""
        self.seed = seed
        self.profile = profile
        self.journal = Journal(home / "journal.jsonl")
        self.behaviour = Behaviour(seed)
        self.hooks = Hooks(home / "hooks.json")
        self.back = WayBack(home / "sent.txt", lambda due: translate(due, self.hooks))
        self._set: datetime | None = None
        for entry in self.journal.find({}):
            self._foresee(entry)

    def now(self) -> datetime:
        """Return the carrier's time: the one that a replay set, else the clock's."""
        return self._set or clock.now()

    @property
    def replayed(self) -> bool:
        """Say whether the time is set, and what is due waits for a flush."""
        return self._set is not None

    def set_clock(self, moment: datetime | None) -> None:
        """Let the carrier live at this time, from which only another call moves it; None: in the present."""
        self._set = moment
        self.back.wake()

    async def take(self, handed: Handed) -> Taking:
        """Take a message, or do what the behaviour says instead. Raises Cut when the connection shall break."""
        rule = self.behaviour.of(handed.channel, handed.address, handed.key, self.journal.attempts(handed.key))
        if rule is None:
            return self._took(handed)
        if rule.do in {Deed.REFUSE, Deed.BUSY}:
            return self._declined(handed, rule)
        if rule.do in {Deed.DELAY, Deed.HANG}:
            await asyncio.sleep(rule.seconds)
        if rule.do is Deed.HANG:
            self._enter(handed, taken=False, did=rule.do)
            raise Cut
        taking = self._took(handed, did=rule.do)
        if rule.do is Deed.VANISH:
            raise Cut
        return taking

    def act(self, entry: Entry, act: Act, text: str = "") -> None:
        """Let something happen to a message that was taken, now."""
        self.back.plan(entry, act, self.now(), text or WORDS.get(act, ""), asked=True)

    def close(self) -> None:
        """Close the files."""
        self.journal.close()
        self.back.close()

    def _took(self, handed: Handed, did: str = "") -> Taking:
        entry = self._enter(handed, taken=True, did=did)
        self._foresee(entry)
        return Taking(Fate.TOOK, entry.carrier_id)

    def _declined(self, handed: Handed, rule: Rule) -> Taking:
        self._enter(handed, taken=False, did=rule.do)
        fate = Fate.REFUSED if rule.do is Deed.REFUSE else Fate.BUSY
        return Taking(fate, words=rule.words, wait=rule.seconds)

    def _enter(self, handed: Handed, taken: bool, did: str) -> Entry:
        number = self.journal.size
        at = self.now().astimezone(UTC).isoformat()
        carrier_id = str(number + 1) if taken else ""
        entry = Entry(number=number, at=at, carrier_id=carrier_id, taken=taken, did=did, **vars(handed))
        self.journal.add(entry)
        return entry

    def _foresee(self, entry: Entry) -> None:
        if not entry.taken or entry.did == Deed.SILENT or entry.channel not in self.profile.shares:
            return
        taken_at = datetime.fromisoformat(entry.at)
        ordinal = self.journal.ordinal(entry.channel, entry.address, entry.key)
        for reaction in self.profile.reactions(self.seed, entry.channel, entry.address, ordinal):
            self.back.plan(entry, reaction.act, taken_at + reaction.after, reaction.text)
