"""Paging through what grows without end: from a row to the older ones, by index, however far back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db.models import Model, Q, QuerySet

R = TypeVar("R", bound=Model)


@dataclass(frozen=True)
class Page(Generic[R]):
    """Rows, newest first; `older` is the cursor of the page after them, empty where they are the last."""

    rows: Sequence[R]
    older: str
    is_first: bool


def newest_first(rows: QuerySet[R], before: str, size: int) -> Page[R]:
    """Return a page of rows by `happened_at` and id, those older than the cursor `before`, or the newest.

    `rows` are filtered by what the index begins with, such as the member. A cursor that nobody made counts as none.
    """
    start = _cursor(before)
    if start:
        happened_at, pk = start
        rows = rows.filter(happened_at__lte=happened_at).exclude(Q(happened_at=happened_at, pk__gte=pk))
    return _page(list(rows.order_by("-happened_at", "-pk")[: size + 1]), size, is_first=start is None)


def first_of(newest: Sequence[R], size: int) -> Page[R]:
    """Return the first page of rows that were read already, newest first, more of them than a page has if there are."""
    return _page(newest, size, is_first=True)


def older_than(rows: QuerySet[R], before: str, size: int = 50) -> Page[R]:
    """Return a page of rows by id, those below `before`, or the newest. For rows that are appended as they happen."""
    start = int(before) if before.isdecimal() and len(before) < 19 else None
    found = list((rows.filter(pk__lt=start) if start else rows).order_by("-pk")[: size + 1])
    return Page(found[:size], f"{found[size - 1].pk}" if len(found) > size else "", start is None)


def _page(found: Sequence[R], size: int, *, is_first: bool) -> Page[R]:
    return Page(found[:size], _cursor_of(found[size - 1]) if len(found) > size else "", is_first)


def _cursor_of(row: Model) -> str:
    happened_at: datetime = row.happened_at  # type: ignore[attr-defined]
    return f"{happened_at.isoformat()}~{row.pk}"


def _cursor(text: str) -> tuple[datetime, int] | None:
    at, _tilde, pk = text.partition("~")
    try:
        found = datetime.fromisoformat(at), int(pk)
    except ValueError:
        return None
    return found if found[0].tzinfo and found[1] < 2**63 else None
