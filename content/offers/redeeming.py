"""Redeeming a grant: once, whoever asks first, and the same answer for a request that is repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from content.models import Grant, Redemption
from content.offers import closing, codes
from content.offers.changing import Change, changed
from members import audit_log, news, touchpoints
from members.models import Store, User
from members.sql import rows
from members.vocabulary import Channel, Deed

# A redemption that is undone at the very moment when another is asked for sends us round once more; twice is a quarrel.
ROUNDS = 5
CONTACT_COLUMNS = (
    "member_id",
    "happened_at",
    "channel",
    "direction",
    "kind",
    "who_id",
    "who_name",
    "store_id",
    "offer_id",
    "offer_name",
    "grant_id",
    "price",
    "currency",
)
# What follows once `closed` has yielded (id, member_id, offer_id, price, currency, request_key, happened_at, channel,
# store_id, who_id, who_name, purchase_id): the redemption, the touchpoint and the news, in the same statement as the
# change of state. The price is the grant's, whatever the offer says today.
AFTERWARDS = f"""
redeemed AS (
    INSERT INTO content_redemption (grant_id, member_id, request_key, happened_at, recorded_at, channel, store_id,
                                    who_id, who_name, price, currency, purchase_id)
    SELECT id, member_id, request_key, happened_at, %(now)s, channel, store_id, who_id, who_name, price, currency,
           purchase_id
    FROM closed
    RETURNING id, grant_id
),
contact AS ({
    touchpoints.insertion(
        '''
        SELECT c.member_id, c.happened_at, c.channel, 'in' AS direction, 'redeemed' AS kind, c.who_id, c.who_name,
               c.store_id, c.offer_id, o.name AS offer_name, c.id AS grant_id, c.price, c.currency
        FROM closed c JOIN content_offer o ON o.id = c.offer_id
        ''',
        CONTACT_COLUMNS,
    )
}),
told AS ({closing.NEWS}),
contact_told AS ({touchpoints.news_of("contact")})
SELECT array_agg(grant_id ORDER BY grant_id),
       (SELECT array_agg(DISTINCT shard) FROM (SELECT shard FROM told UNION SELECT shard FROM contact_told) told)
FROM redeemed
"""
# Of many who ask at once, one finds the grant live; the others wait for the row and then find it redeemed. A request
# that comes again after its redemption was undone redeems nothing.
_REDEEM = f"""
WITH closed AS (
    UPDATE content_grant SET state = 'redeemed', closed_at = %(now)s
    WHERE id = %(grant)s AND state = 'live' AND validity @> %(now)s
      AND NOT EXISTS (
          SELECT FROM content_redemption r WHERE r.grant_id = %(grant)s AND r.request_key = %(request_key)s)
    RETURNING id, member_id, offer_id, price, currency, %(request_key)s::text AS request_key,
              %(now)s::timestamptz AS happened_at, %(channel)s::text AS channel, %(store)s::bigint AS store_id,
              %(who)s::bigint AS who_id, %(who_name)s::text AS who_name, %(purchase)s::bigint AS purchase_id
),
{AFTERWARDS}
"""


class NotLive(Exception):
    """The grant cannot be redeemed; the message is a sentence that says why."""


@dataclass
class AlreadyRedeemed(Exception):
    """Somebody else redeemed the grant: `who` and `where` are names (perhaps empty), `when` is in UTC."""

    who: str
    when: datetime
    where: str

    def __str__(self) -> str:
        """Return the sentence for the clerk."""
        return _("This offer was redeemed already: %(when)s, %(place)s.") % {
            "when": self.when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "place": ", ".join(filter(None, [self.who, self.where])) or _("by a purchase"),
        }


def redeem(
    grant: int | str,
    *,
    request_key: str,
    channel: Channel,
    now: datetime,
    who: User | None = None,
    store: Store | None = None,
    purchase_id: int | None = None,
) -> Redemption:
    """Redeem a grant, given by its id or by its code as somebody typed it, and return the redemption.

    A request that is repeated (the same `request_key`) gets the first answer, even if that was undone since (see its
    `undone_at`). Raises AlreadyRedeemed for another one, and NotLive for a code that nobody has and for a grant that
    expired, was withdrawn or was declined.
    """
    grant_id = grant if isinstance(grant, int) else _by_code(grant)
    params = {
        "grant": grant_id,
        "request_key": request_key,
        "channel": channel.value,
        "now": now,
        "who": who and who.pk,
        "who_name": who.known_as if who else "",
        "store": store and store.pk,
        "purchase": purchase_id,
    }
    for _attempt in range(ROUNDS):
        with transaction.atomic():
            taken = settle(_REDEEM, params, now)
            found = _answer(grant_id, request_key, now)
            if taken and found and who:
                audit_log.note(who, Deed.REDEEMED, found.grant, f"{found.price} {found.currency}")
        if found:
            return found
    raise NotLive(_("Others are working on this offer at this moment; try again."))


def settle(text: str, params: dict[str, Any], now: datetime) -> list[int]:
    """Run a statement that ends in AFTERWARDS, tell who listens, and return the ids of the grants redeemed."""
    [(grants, shards)] = rows(text, params)
    news.announce(shards)
    closing.closed(grants or [], now)
    changed(grants or [], Change.REDEEMED, now)
    return grants or []


def _by_code(typed: str) -> int:
    found = Grant.objects.filter(code=codes.normalised(typed)).values_list("id", flat=True).first()
    if found is None:
        raise NotLive(_("There is no offer with the code %(code)s; check it letter by letter.") % {"code": typed})
    return found


def _answer(grant_id: int, request_key: str, now: datetime) -> Redemption | None:
    """Return the redemption if this request made it, now or before, and raise what stands in its way if not.

    None stands for a grant that was live again when we looked: its redemption was undone between two statements.
    """
    all_of_it = Redemption.objects.select_related("grant__offer", "store").filter(grant_id=grant_id)
    mine = all_of_it.filter(request_key=request_key).first()
    if mine:
        return mine
    found = all_of_it.standing().first()
    if found:
        raise AlreadyRedeemed(found.who_name, found.happened_at, _where(found))
    grant = Grant.objects.select_related("offer").filter(id=grant_id).first()
    if grant and grant.state == Grant.State.LIVE and now in grant.validity:
        return None
    raise NotLive(_why_not(grant, now))


def _where(found: Redemption) -> str:
    """Return the store's name, else the channel's; nothing for a purchase that names no store."""
    if found.store:
        return found.store.name
    return "" if found.purchase_id else str(Channel(found.channel).label)


def _why_not(grant: Grant | None, now: datetime) -> str:
    """Return the sentence for a grant that is neither redeemed nor live at `now`."""
    if grant is None:
        return _("There is no such offer any more.")
    day = grant.validity.upper
    if grant.state == Grant.State.WITHDRAWN:
        sentence, day = _("The offer %(offer)s was withdrawn on %(day)s."), grant.closed_at or day
    elif grant.state == Grant.State.DECLINED:
        sentence, day = _("The member declined the offer %(offer)s on %(day)s."), grant.closed_at or day
    elif now < grant.validity.lower:
        sentence, day = _("The offer %(offer)s is valid from %(day)s."), grant.validity.lower
    else:
        sentence = _("The offer %(offer)s was valid until %(day)s.")
    return sentence % {"offer": grant.offer.name, "day": day.strftime("%Y-%m-%d")}
