"""Pages of lists without end: by key, so that what is added meanwhile neither repeats nor hides a row."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256, sha512
from typing import Any, Generic, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from members.api.fields import Text, Whole
from members.api.reading import Fault, Refused, Shape

SIZE, MOST = 50, 200
CURSOR = r"[-_=A-Za-z0-9]+"

M = TypeVar("M", bound=Model)


class Paged(Shape):
    """The query of a list."""

    limit = Whole(1, MOST, required=False, help_text="How many, 50 unless said.")
    cursor = Text(2000, pattern=CURSOR, required=False, help_text="What `next` of the page before said.")


@dataclass(frozen=True)
class Page(Generic[M]):
    """Rows and the cursor of the page after them, None where they are the last."""

    rows: Sequence[M]
    next: str | None


def page(rows: QuerySet[M], order: Sequence[str], request: Request, asked: dict[str, Any]) -> Page[M]:
    """Return a page of rows in an order of columns that names each row once, all of them rising or all falling.

    `asked` is the query as read, with `limit` and `cursor`. A cursor holds for its own list, filters and order alone:
    it is encrypted, and whoever changes it, or takes it elsewhere, is refused. Raises Refused.
    """
    size = asked.get("limit", SIZE)
    where = _fingerprint(request, order)
    if "cursor" in asked:
        rows = rows.filter(_after(order, _opened(asked["cursor"], where)))
    found = list(rows.order_by(*order)[: size + 1])
    return Page(found[:size], _cursor(found[size - 1], order, where) if len(found) > size else None)


def _fingerprint(request: Request, order: Sequence[str]) -> str:
    """Return what a cursor belongs to."""
    filters = sorted((name, text) for name, text in request.query_params.items() if name not in {"cursor", "limit"})
    return sha256(json.dumps([request.path, filters, list(order)]).encode()).hexdigest()[:16]


def _names(order: Sequence[str]) -> list[str]:
    return [column.lstrip("-") for column in order]


def _after(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Return the condition on the rows behind one: in the first column, or level there and behind in the next."""
    word = "lt" if order[0].startswith("-") else "gt"
    names = _names(order)
    # The first column alone bounds the range of the index; the rest only sorts out who is level with it.
    found = Q(**{f"{names[0]}__{word}e": values[0]})
    level = Q()
    behind = Q()
    for name, value in zip(names, values, strict=True):
        behind |= level & Q(**{f"{name}__{word}": value})
        level &= Q(**{name: value})
    return found & behind


def _cursor(row: Model, order: Sequence[str], where: str) -> str:
    values = [getattr(row, name) for name in _names(order)]
    told = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return urlsafe_b64encode(_lock().encrypt(json.dumps([where, told]).encode(), None)).decode()


def _opened(cursor: str, where: str) -> list[Any]:
    try:
        of, values = json.loads(_lock().decrypt(urlsafe_b64decode(cursor), None))
    except (InvalidTag, ValueError):
        of, values = "", []
    if of != where:
        raise Refused([Fault("cursor", _("“cursor” is none of this list with these filters; begin without one."))])
    return list(values)


@lru_cache(maxsize=1)
def _lock() -> AESSIV:
    # A key of its own, so that cursors open nothing else. The same place makes the same cursor: with another one each
    # time, a page that has not changed would have another ETag.
    return AESSIV(sha512(f"cursor of the API:{settings.SECRET_KEY}".encode()).digest())


@cache
def paged(item: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """Return the serializer of a page of items; the same one each time, or the schema would have two of a name."""
    fields = {
        "items": serializers.ListField(child=item()),
        "next": serializers.CharField(allow_null=True, help_text="The cursor of the next page; null on the last one."),
        "__doc__": "A page of a list.",
        "__module__": item.__module__,
    }
    return type(f"{item.__name__}Page", (serializers.Serializer,), fields)
