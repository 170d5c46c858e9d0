"""Finding members by what people type: a code, a name, a phone number, an e-mail address. Always by an index.

`found_by` is exact and a condition, for lists; `find` forgives typos and returns members, the likeliest first.
"""

from __future__ import annotations

from contextlib import suppress
from string import ascii_lowercase, ascii_uppercase, digits

from django.db.models import Q
from django.db.models.query import prefetch_related_objects
from phonenumbers import country_code_for_region

from members import likeness
from members.identities import BadAddress, normalise
from members.models import Identity, Member, Store
from members.slips import slips
from members.vocabulary import Channel

_LONGEST, _PHONE = 100, 15
_ALIKE = 50
_MAIL = f"{ascii_lowercase}{digits}.-_+@"
_CODE = f"{ascii_uppercase}{digits}-"
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


def found_or_alike(typed: str) -> Q:
    """Return the condition on members as `found_by` does, or on those whose names are alike where it finds nobody."""
    found = found_by(typed)
    return found if Member.objects.filter(found).exists() else Q(pk__in=likeness.alike(typed, _ALIKE))


def find(typed: str, limit: int = 20) -> list[Member]:
    """Return the members who may be meant, at most `limit`, the likeliest first, with standing, store and addresses.

    A code or an address that somebody has is that somebody. One mistake is forgiven in a code, a phone number or an
    e-mail address, and more in a name, whose words may come in any order: see `members.likeness`.
    """
    text = " ".join(typed.replace("\0", "").split())[:_LONGEST]
    if not text:
        return []
    looks_like_a_name = "@" not in text and not any(letter.isdigit() for letter in text)
    ways = (_alike, _begun, _mistyped) if looks_like_a_name else (_mistyped, _alike)
    ids = _exact(text) or next(filter(None, (way(text, limit) for way in ways)), [])
    found = Member.objects.select_related("standing", "home_store").in_bulk(ids[:limit])
    listed = [found[pk] for pk in ids[:limit] if pk in found]
    prefetch_related_objects(listed, "identities")
    return listed


def _exact(text: str) -> list[int]:
    members = Member.objects.filter(external_id__in={text, text.upper()}).values_list("pk", flat=True)
    return list(dict.fromkeys([*members, *_holders(_address(text))]))


def _alike(text: str, limit: int) -> list[int]:
    return likeness.alike(text, limit)


def _mistyped(text: str, _limit: int) -> list[int]:
    """Return who has a code or an address that is one mistake away."""
    if "@" in text:
        return _holders(Q(channel=Channel.EMAIL, address__in=slips(text.lower(), _MAIL)))
    codes = slips(text.upper(), _CODE)
    members = list(Member.objects.filter(external_id__in=codes).values_list("pk", flat=True)[:MOST])
    return members or _holders(_address_alike(text))


def _begun(text: str, limit: int) -> list[int]:
    return list(Member.objects.filter(_name(text)).order_by().values_list("pk", flat=True)[:limit])


def _holders(condition: Q) -> list[int]:
    return list(dict.fromkeys(Identity.objects.filter(condition).values_list("member_id", flat=True)[:MOST]))


def _address(text: str) -> Q:
    if "@" in text:
        return _stored(Channel.EMAIL, text, None)
    if not _is_phone(text):
        return Q(pk__in=[])
    condition = _stored(Channel.SMS, text, None)
    if not text.startswith("+"):
        condition |= _stored(Channel.SMS, f"+{text}", None)  # with country code, as phones and chats show it
        for country in _countries():
            condition |= _stored(Channel.SMS, text, country)
    return condition


def _address_alike(text: str) -> Q:
    """Return the condition on phone numbers that are one digit away: a wrong number is often not a possible one."""
    if not _is_phone(text):
        return Q(pk__in=[])
    typed = "".join(letter for letter in text if letter.isdecimal())
    local = typed.removeprefix("0")
    codes = [country_code_for_region(country) for country in _countries()]
    dialled = [typed] if text.startswith("+") else [typed.removeprefix("00"), *(f"{code}{local}" for code in codes)]
    meant = {f"+{slip}" for number in dialled for slip in slips(number[:_PHONE], digits)}
    return Q(channel=Channel.SMS, address__in=meant)


def _is_phone(text: str) -> bool:
    return sum(letter.isdecimal() for letter in text) >= 5 and not any(letter.isalpha() for letter in text)


def _countries() -> list[str]:
    known = Store.objects.exclude(country="").order_by("country").values_list("country", flat=True)
    return list(known.distinct()[:_REGIONS])


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
