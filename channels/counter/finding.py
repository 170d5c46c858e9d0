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
    members = search.find(typed, MOST + 1)
    return Found(members[:MOST], is_guess=_is_guess(typed, members), more=len(members) > MOST)


def _is_guess(typed: str, members: Sequence[Member]) -> bool:
    """Say whether none of the members is what was typed, letter by letter; one who is may be opened at once."""
    code = typed.strip().casefold()
    if any(one.external_id.casefold() == code for one in members):
        return False
    meant = Member.objects.filter(search.found_by(typed), pk__in=[one.pk for one in members])
    return bool(members) and not meant.exists()


def _by_code(typed: str) -> Grant | None:
    code = codes.normalised(typed)
    return _grant(code=code) if len(code) == codes.LENGTH else None


def _grant(**named: object) -> Grant | None:
    return Grant.objects.select_related("member", "offer").filter(**named).first()
