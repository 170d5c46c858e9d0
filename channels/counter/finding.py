"""Finding who stands at the counter, by whatever they show or say: number, code, name, or a QR code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from content.models import Grant
from content.offers import codes, passes
from members import search
from members.models import Member

MOST = 50


@dataclass(frozen=True)
class Found:
    """The members who may be meant; `grant` is the one whose code was shown.

    `is_guess` says that nothing fits as it was typed; `more` that there are more still.
    """

    members: Sequence[Member]
    grant: Grant | None = None
    is_guess: bool = False
    more: bool = False


def find(typed: str, now: datetime) -> Found:
    """Return who is meant by what was typed or scanned. Raises passes.PassOver for a QR code that is over."""
    grant_id = passes.read(typed, now)
    grant = _grant(id=grant_id) if grant_id else _by_code(typed)
    if grant:
        return Found([grant.member], grant)
    if not typed.strip():
        return Found([])
    listed = Member.objects.select_related("home_store", "standing").filter(search.found_by(typed))
    members = list(listed.order_by("last_name", "first_name", "pk")[: MOST + 1])
    return Found(members[:MOST], more=len(members) > MOST)


def _by_code(typed: str) -> Grant | None:
    code = codes.normalised(typed)
    return _grant(code=code) if len(code) == codes.LENGTH else None


def _grant(**named: object) -> Grant | None:
    return Grant.objects.select_related("member", "offer").filter(**named).first()
