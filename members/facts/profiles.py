"""Member records as rows to stage: checked, normalised, flat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members import zones
from members.facts import checks
from members.facts.checks import BadItem, What
from members.facts.items import Address, MemberRecord, Said
from members.identities import FIELDS, BadAddress, normalise
from members.models.people import REACHABLE

Row = tuple[Any, ...]

MEMBER = {
    "external_id": "text",
    "first_name": "text",
    "last_name": "text",
    "birthday": "date",
    "joined_on": "date",
    "locale": "text",
    "zone_id": "text",
    "home_store_id": "bigint",
    "preferred_channel": "text",
    "attributes": "jsonb",
}
NAMES = slice(1, 3)  # where the first and the last name stand in such a row
IDENTITY = {"external_id": "text", "channel": "text", "address": "text", "verified": "boolean"}
CONSENT = {
    "external_id": "text",
    "place": "integer",
    "channel": "text",
    "purpose": "text",
    "granted": "boolean",
    "happened_at": "timestamptz",
    "source": "text",
    "wording": "text",
}
TAG = {"external_id": "text", "name": "text"}

# Translated when a sentence is made of them: these functions run a million times without making one.
EXTERNAL_ID = What("external_id", gettext_lazy("The external id"))
FIRST_NAME = What("first_name", gettext_lazy("The first name"))
LAST_NAME = What("last_name", gettext_lazy("The last name"))
BIRTHDAY = What("birthday", gettext_lazy("The birthday"))
JOINED_ON = What("joined_on", gettext_lazy("The date of joining"))
ATTRIBUTE_NAME = What("attributes", gettext_lazy("The attribute's name"))
ATTRIBUTES = What("attributes", gettext_lazy("The attributes"))
CONSENT_TIME = What("consents", gettext_lazy("The time of the consent"))
CONSENT_SOURCE = What("consents", gettext_lazy("The source of the consent"))
CONSENT_WORDING = What("consents", gettext_lazy("The wording of the consent"))

LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
SLUG = re.compile(r"[-a-zA-Z0-9_]{1,64}")
NO_STORE = 0  # clears the home store, where NULL leaves it
_REACHABLE = {channel for channel, _label in REACHABLE}


@dataclass(slots=True)
class Flat:
    """One record, ready to stage."""

    external_id: str
    member: Row
    identities: list[Row]
    consents: list[Row]
    tags: list[Row]


def flatten(position: int, record: MemberRecord, stores: Mapping[str, int], region: str | None) -> Flat:
    """Return the rows of a record, or raise BadItem with what is wrong with it. `stores` gives the id of a code."""
    key = checks.text(record.external_id, EXTERNAL_ID, 64)
    for name in record.tags:
        if not SLUG.fullmatch(name):
            sentence = _("The tag is %(tag)s; write letters, digits, - and _, 64 at most.")
            raise BadItem(sentence % {"tag": ascii(name)[:80]}, "tags")
    return Flat(
        key,
        _member(key, record, stores),
        _identities(key, record, region),
        [_consent(key, place, said) for place, said in enumerate(record.consents)],
        [(key, name) for name in dict.fromkeys(record.tags)],
    )


def _member(key: str, record: MemberRecord, stores: Mapping[str, int]) -> Row:
    return (
        key,
        _name(record.first_name, FIRST_NAME),
        _name(record.last_name, LAST_NAME),
        record.birthday and checks.day(record.birthday, BIRTHDAY),
        record.joined_on and checks.day(record.joined_on, JOINED_ON),
        _locale(record.locale),
        _zone(record.zone),
        _store(record.home_store, stores),
        _preferred(record.preferred_channel),
        _attributes(record.attributes),
    )


def _name(value: str | None, what: What) -> str | None:
    return None if value is None else checks.name(value, what, 100)


def _locale(value: str | None) -> str | None:
    if value is None or (len(value) <= 16 and LOCALE.fullmatch(value)):
        return value
    sentence = _("The locale is %(locale)s; write one such as en or de-AT.")
    raise BadItem(sentence % {"locale": ascii(value)[:40]}, "locale")


def _zone(value: str | None) -> str | None:
    if not value or value in zones.names():
        return value
    try:
        return zones.zone(value).key
    except zones.BadZone as error:
        raise BadItem(str(error), "zone") from error


def _store(code: str | None, stores: Mapping[str, int]) -> int | None:
    if not code:
        return None if code is None else NO_STORE
    if code not in stores:
        raise BadItem(_("There is no store “%(code)s”.") % {"code": code[:40]}, "home_store")
    return stores[code]


def _preferred(value: str | None) -> str | None:
    if not value or value in _REACHABLE:
        return value
    raise BadItem(
        _("The preferred channel is %(channel)s; write %(known)s.")
        % {"channel": ascii(value)[:40], "known": ", ".join(sorted(_REACHABLE))},
        "preferred_channel",
    )


def _attributes(values: Mapping[str, Any]) -> str:
    for name in values:
        checks.text(name, ATTRIBUTE_NAME, 64)
    return checks.document(values, ATTRIBUTES)


def _identities(key: str, record: MemberRecord, region: str | None) -> list[Row]:
    found = {identity.channel: (key, *_address(identity, region)) for identity in record.identities}
    if len(found) < len(record.identities):
        raise BadItem(_("The record has two addresses on one channel; a member has one."), "identities")
    return list(found.values())


def _address(identity: Address, region: str | None) -> tuple[str, str, bool | None]:
    try:
        return identity.channel, normalise(identity.channel, identity.address, region), identity.verified
    except BadAddress as error:
        raise BadItem(str(error), FIELDS.get(identity.channel, "identities")) from error


def _consent(key: str, place: int, said: Said) -> Row:
    checks.consent(said.channel, said.purpose, "consents")
    if said.happened_at is not None:
        checks.instant(said.happened_at, CONSENT_TIME)
    source = checks.text(said.source, CONSENT_SOURCE, 64)
    wording = checks.prose(said.wording, CONSENT_WORDING)
    return key, place, said.channel, said.purpose, said.granted, said.happened_at, source, wording
