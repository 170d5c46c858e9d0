"""Sixteen writers who grant, edit, redeem, undo and withdraw the same members' offers, and note what they were told."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from content import offers
from content.models import Grant, Offer, Redemption
from members import clock
from members.models import Member, User
from members.sql import Sql
from members.vocabulary import Channel
from tests.faults.servers import BACK

WRITERS = 16
_PAUSE = 0.2  # seconds between two deeds of a writer at most
_keys = count(1)


@dataclass
class Told:
    """What the writers were told, across all of them: the prices of grants, and the redemptions that were confirmed."""

    prices: dict[int, set[tuple[Decimal, str]]] = field(default_factory=dict)
    confirmed: dict[str, int] = field(default_factory=dict)  # request key → grant
    undone: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    deeds: Counter[str] = field(default_factory=Counter)

    def shown(self, grant_id: int, price: Decimal, currency: str) -> None:
        """Note the price at which a grant was shown to somebody."""
        self.prices.setdefault(grant_id, set()).add((price, currency))


class Writers:
    """Runs them for so many seconds, or as long as the block lasts if that is less; leaving it waits for neither."""

    def __init__(self, external_ids: list[str], seed: int, seconds: float, told: Told) -> None:
        self._until = time.monotonic() + seconds
        self._members = list(Member.objects.filter(external_id__in=external_ids).values_list("id", flat=True))
        self._offers = list(Offer.objects.all())
        self._clerk = User.objects.get(username="carl")
        self._over = threading.Event()
        self._seed, self.told = seed, told
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(WRITERS)]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def finish(self) -> None:
        """Return when their time is over."""
        for thread in self._threads:
            thread.join(max(0.0, self._until - time.monotonic()))

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(BACK)
            if thread.is_alive():
                self.told.wrong.append(f"A writer still waits for the database after {BACK:.0f} seconds.")

    def _run(self, number: int) -> None:
        dice = random.Random(f"{self._seed} {number}")
        deeds: list[Callable[[random.Random], None]] = [
            *[self._grant] * 3,
            *[self._look] * 3,
            *[self._redeem] * 2,
            self._edit,
            self._undo,
            self._withdraw,
        ]
        while time.monotonic() < self._until and not self._over.is_set():
            deed = dice.choice(deeds)
            try:
                deed(dice)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                self.told.wrong.append(f"{deed.__name__.strip('_')}: {type(error).__name__}: {error}")
            self.told.deeds[deed.__name__.strip("_")] += 1
            self._over.wait(dice.random() * _PAUSE)
        connection.close()

    def _grant(self, dice: random.Random) -> None:
        offer, key = dice.choice(self._offers), next(_keys)
        text = """
            SELECT member_id, 'rep' AS origin_kind, %(key)s::bigint * 1000 + member_id AS origin_id,
                   'offer' AS step_key, 1 AS visit
            FROM unnest(%(members)s::bigint[]) AS member_id
        """
        whom = Sql(text, {"members": dice.sample(self._members, 3), "key": key})
        for decision in self._sure(lambda now: offers.grant_cohort(offer, whom, now)):
            if decision.grant_id is not None:
                self._see(Grant.objects.filter(pk=decision.grant_id))

    def _edit(self, dice: random.Random) -> None:
        """Change an offer's terms: what was granted before keeps its price."""
        price = Decimal(dice.randint(400, 1200)) / 100
        self._sure(lambda _now: Offer.objects.filter(pk=dice.choice(self._offers).pk).update(price=price))

    def _look(self, dice: random.Random) -> None:
        member = dice.choice(self._members)
        found = self._sure(lambda now: offers.current(member, now))
        slots = Counter(grant.slot for grant in found)
        self.told.wrong += [f"Two offers were shown in slot {slot}." for slot, times in slots.items() if times > 1]
        for grant in found:
            self.told.shown(grant.pk, grant.price, grant.currency)

    def _redeem(self, dice: random.Random) -> None:
        grant = self._any_grant(dice)
        if grant is None:
            return
        key = f"tap-{next(_keys)}"
        how: dict[str, Any] = {"request_key": key, "channel": Channel.COUNTER, "who": self._clerk}
        try:
            done = self._sure(lambda now: offers.redeem(grant, now=now, **how))
        except (offers.AlreadyRedeemed, offers.NotLive):
            return
        self.told.confirmed[key] = grant
        self.told.shown(grant, done.price, done.currency)

    def _undo(self, dice: random.Random) -> None:
        key = dice.choice(list(self.told.confirmed) or [""])
        found = self._sure(lambda _now: Redemption.objects.filter(request_key=key).first())
        if found is None:
            return
        try:
            self._sure(lambda now: offers.undo(found.pk, request_key=f"undo-{key}", now=now, who=self._clerk))
        except offers.CannotUndo:
            return
        self.told.undone.add(key)

    def _withdraw(self, dice: random.Random) -> None:
        grant = self._any_grant(dice)
        end = dice.choice([offers.withdraw, offers.decline])
        if grant is not None:
            self._sure(lambda now: end([grant], now))

    def _any_grant(self, dice: random.Random) -> int | None:
        member = dice.choice(self._members)
        live = Grant.objects.filter(member_id=member).order_by("-id").values_list("id", flat=True)
        found = self._sure(lambda _now: list(live[:3]))
        return dice.choice(found) if found else None

    def _see(self, grants: Any) -> None:
        for pk, price, currency in self._sure(lambda _now: list(grants.values_list("id", "price", "currency"))):
            self.told.shown(pk, price, currency)

    def _sure(self, deed: Callable[[datetime], Any]) -> Any:
        """Do something until the database answers; whether it did it before it went away, nobody knows here either."""
        while True:
            try:
                return deed(clock.now())
            except (OperationalError, InterfaceError) as error:
                if "deadlock" in str(error):
                    raise
                connection.close()
                if self._over.wait(0.1) and not _back():
                    raise


def _back() -> bool:
    """Say whether the database answers by now; the last deed of a writer is finished, not dropped."""
    try:
        connection.ensure_connection()
    except (OperationalError, InterfaceError):
        return False
    return True
