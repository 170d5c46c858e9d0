"""Undoing a redemption that was a slip: for five minutes, and never without a trace."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from content.models import Grant, Redemption
from content.offers import closing
from content.offers.changing import Change, changed
from content.offers.redeeming import CONTACT_COLUMNS
from members import audit_log, news, touchpoints, zones
from members.models import Store, User
from members.sql import rows
from members.vocabulary import Deed

UNDO_WITHIN = timedelta(minutes=5)
RIGHT = "content.undo_redemption"  # to undo what others redeemed
_SLOT = "one_live_grant_a_slot"

# All grants of the slot are locked in the order of their ids, as closing does: two undoings in one slot wait for each
# other here, where the exclusion constraint would let them deadlock. A grant whose time is over meanwhile does not come
# back to life; nobody took it, so it has expired.
_UNDO = f"""
WITH locked AS MATERIALIZED (
    SELECT g.id FROM content_grant g
    JOIN content_grant mine ON mine.member_id = g.member_id AND mine.slot = g.slot
    WHERE mine.id = %(grant)s ORDER BY g.id FOR UPDATE OF g
),
undone AS (
    UPDATE content_redemption r
    SET undone_at = %(now)s, undone_by_id = %(who)s, undone_by_name = %(who_name)s, undo_key = %(request_key)s
    FROM locked
    WHERE r.id = %(redemption)s AND locked.id = r.grant_id AND r.undone_at IS NULL AND r.recorded_at > %(since)s
    RETURNING r.grant_id, r.channel, r.store_id
),
closed AS (
    UPDATE content_grant g
    SET state = CASE WHEN g.validity @> %(now)s THEN 'live' ELSE 'expired' END,
        closed_at = CASE WHEN g.validity @> %(now)s THEN NULL ELSE %(now)s END
    FROM undone WHERE g.id = undone.grant_id
    RETURNING g.id, g.member_id, g.offer_id, g.price, g.currency, g.state, undone.channel, undone.store_id
),
contact AS ({
    touchpoints.insertion(
        '''
        SELECT c.member_id, %(now)s::timestamptz AS happened_at, c.channel, 'in' AS direction, 'undone' AS kind,
               %(who)s::bigint AS who_id, %(who_name)s::text AS who_name, c.store_id, c.offer_id, o.name AS offer_name,
               c.id AS grant_id, c.price, c.currency
        FROM closed c JOIN content_offer o ON o.id = c.offer_id
        ''',
        CONTACT_COLUMNS,
    )
}),
told AS ({closing.NEWS}),
contact_told AS ({touchpoints.news_of("contact")})
SELECT (SELECT count(*) FROM undone), (SELECT array_agg(id) FROM closed WHERE state = 'live'),
       (SELECT array_agg(DISTINCT shard) FROM (SELECT shard FROM told UNION SELECT shard FROM contact_told) told)
"""


class CannotUndo(Exception):
    """The redemption stands, or was undone by somebody else; the message is a sentence that says why."""


class AlreadyUndone(CannotUndo):
    """Somebody else undid it: `who` is a name. The sentence says when by the clock of the store that redeemed it."""

    def __init__(self, who: str, when: datetime, store: Store | None) -> None:
        self.who, self.when = who, when
        zone = zones.zone(store.zone_id if store else zones.DEFAULT)
        told = {"who": who, "when": f"{when.astimezone(zone):%Y-%m-%d %H:%M}", "zone": zone.key}
        super().__init__(_("%(who)s undid this already, at %(when)s (%(zone)s).") % told)


def may_undo(redemption: Redemption, who: User, now: datetime) -> bool:
    """Say whether somebody could undo a redemption now: whoever redeemed it, or who may undo those of others."""
    is_young = redemption.undone_at is None and now - redemption.recorded_at < UNDO_WITHIN
    return is_young and (redemption.who_id == who.pk or who.has_perm(RIGHT))


def undo(redemption_id: int, *, request_key: str, now: datetime, who: User) -> Redemption:
    """Undo a redemption and return it; its grant is live again, or has expired if its time is over.

    The redemption stays as history with `undone_at`, and the undoing is a touchpoint and news of topic `grant`.
    Messages that the redemption cancelled stay cancelled. A request that is repeated (the same `request_key`) gets the
    first answer. Raises CannotUndo when five minutes are over, for what others redeemed (unless `who` has the right),
    for one that is undone already, and where another offer took the slot meanwhile.
    """
    found = _found(redemption_id)
    if found.undone_at is None and found.who_id != who.pk and not who.has_perm(RIGHT):
        raise CannotUndo(_only(found.who_name))
    params = {
        "redemption": found.pk,
        "grant": found.grant_id,
        "request_key": request_key,
        "now": now,
        "since": now - UNDO_WITHIN,
        "who": who.pk,
        "who_name": who.known_as,
    }
    _settle(params, found.grant, who, now)
    return _answer(found.pk, request_key)


def _only(name: str) -> str:
    return _("Only %(who)s or a manager can undo this.") % {"who": name} if name else _("Only a manager can undo this.")


def _found(redemption_id: int) -> Redemption:
    found = Redemption.objects.select_related("grant__offer", "store").filter(pk=redemption_id).first()
    if found is None:
        raise CannotUndo(_("There is no such redemption."))
    return found


def _settle(params: dict[str, object], grant: Grant, who: User, now: datetime) -> None:
    try:
        with transaction.atomic():
            [(undone, live, shards)] = rows(_UNDO, params)
            news.announce(shards)
            closing.reopened(live or [], now)
            if undone:
                changed([grant.pk], Change.UNDONE, now)
                audit_log.note(who, Deed.UNDONE, grant)
    except IntegrityError as error:
        if _SLOT not in str(error):
            raise
        raise CannotUndo(
            _("%(offer)s cannot be theirs again: another offer took its place meanwhile.") % {"offer": grant.offer.name}
        ) from error


def _answer(redemption_id: int, request_key: str) -> Redemption:
    found = _found(redemption_id)
    if found.undone_at is None:
        raise CannotUndo(_("A redemption can be undone for five minutes; these are over."))
    if found.undo_key != request_key:
        raise AlreadyUndone(found.undone_by_name, found.undone_at, found.store)
    return found
