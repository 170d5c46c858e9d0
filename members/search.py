"""Finding members by what people type: a code, a name, a phone number, an e-mail address. Always by an index."""

from __future__ import annotations

from contextlib import suppress

from django.db.models import Q

from members.identities import BadAddress, normalise
from members.models import Identity, Store
from members.vocabulary import Channel

MOST = 200  # members behind one address; more are no household
_REGIONS = 10


def found_by(typed: str) -> Q:
    """Return the condition on members for what was typed; an empty text finds everybody.

    A code is compared as it is, an address in its stored form (a phone number without country code is tried in the
    countries of the stores), a name by its beginning: "ada", "berg", "ada berg" and "berg, ada" all find Ada Berg.
    """
    text = " ".join(typed.split())
    if not text:
        return Q()
    # The members behind an address are looked up first: a subquery beside OR would be asked for every member.
    holders = list(Identity.objects.filter(_address(text)).values_list("member_id", flat=True)[:MOST])
    found = Q(external_id=text) | Q(pk__in=holders)
    return found if "@" in text or text.isdigit() else found | _name(text)


def _address(text: str) -> Q:
    if "@" in text:
        return _stored(Channel.EMAIL, text, None)
    digits = sum(letter.isdigit() for letter in text)
    if digits < 5 or any(letter.isalpha() for letter in text):
        return Q(pk__in=[])
    condition = _stored(Channel.SMS, text, None)
    if not text.startswith("+"):
        for country in Store.objects.exclude(country="").values_list("country", flat=True).distinct()[:_REGIONS]:
            condition |= _stored(Channel.SMS, text, country)
    return condition


def _stored(channel: Channel, text: str, region: str | None) -> Q:
    with suppress(BadAddress):  # what is no address has no holder
        return Q(channel=channel, address=normalise(channel, text, region))
    return Q(pk__in=[])


def _name(text: str) -> Q:
    first, _blank, last = text.replace(",", " ").strip().partition(" ")
    if not last:
        return Q(last_name__istartswith=first) | Q(first_name__istartswith=first)
    last = last.strip()
    straight = Q(first_name__istartswith=first, last_name__istartswith=last)
    return straight | Q(last_name__istartswith=first, first_name__istartswith=last)
