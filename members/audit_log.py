"""The audit log: who changed, published, exported, looked up or redeemed what, when, through which door, from where.

Two ways lead in. Models that people edit are *watched*: django-auditlog compares each saved row with the stored one and
appends what changed. Everything else is *noted* by whoever does it, in the deed's own transaction, so that neither
stands without the other. Members are named by their code. Neither passwords, secrets nor anybody's words go in.

Tables that grow with the members (facts, messages, touchpoints, standing …) are not watched: bulk work pays nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from auditlog.models import AbstractLogEntry
from auditlog.registry import auditlog
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from members.models import AuditEntry, Member, User
from members.vocabulary import Deed

MASK = "members.audit_log.masked"
AGAIN = timedelta(hours=1)


def watch(
    model: type[Model],
    *,
    without: Collection[str] = (),
    hidden: Collection[str] = (),
    many: Collection[str] = (),
) -> None:
    """Log what people change on rows of a model. For AppConfig.ready.

    `without` names fields that the machine writes, `hidden` those of which only the change is told, `many` the
    many-to-many relations to follow. Only saved and deleted instances are seen; updates of querysets are the machine's.
    """
    # The rows that point here are no fields, though the library takes them for some.
    pointing = [field.name for field in model._meta.get_fields() if field.auto_created]  # noqa: SLF001 - Django's way
    auditlog.register(
        model,
        exclude_fields=[*without, *pointing],
        mask_fields=list(hidden),
        mask_callable=MASK,
        m2m_fields=set(many),
    )


def watches(model: type[Model]) -> bool:
    """Say whether changes of the model's rows are logged by themselves."""
    return bool(auditlog.contains(model))


def note(
    by: HttpRequest | User | AnonymousUser | None,
    deed: Deed,
    about: Model | Iterable[Model] | None = None,
    detail: str = "",
) -> None:
    """Append that somebody did something: one entry for each object, or one about nothing in particular.

    `by` is a request, a user, or None for whoever is signed in at the present visit. Several objects are for what
    somebody picked by hand; of a whole segment, note the segment and say in `detail` how many.
    """
    who = getattr(by, "user", by)
    actor = who if isinstance(who, User) else None
    things: list[Model | None] = [about] if about is None or isinstance(about, Model) else [*about]
    entries = [_entry(actor, deed, thing, detail) for thing in things]
    AuditEntry.objects.bulk_create(entries)


def note_looks(who: User, members: Iterable[Member], now: datetime) -> None:
    """Append that somebody was shown parts of what is known about members; of each at most once in AGAIN.

    A page notes each look by itself. Its parts are read anew as things change, and can be asked for without it.
    """
    seen = AuditEntry.objects.filter(deed=Deed.LOOKED_UP, actor=who, timestamp__gt=now - AGAIN)
    shown = {one.pk: one for one in members}
    known = set(seen.filter(member_id__in=shown).values_list("member_id", flat=True)) if shown else set()
    note(who, Deed.LOOKED_UP, [one for pk, one in shown.items() if pk not in known])


def of(thing: Model) -> QuerySet[AuditEntry]:
    """Return the entries about an object, newest first; of a member, also those about what is the member's."""
    exactly = Q(content_type=ContentType.objects.get_for_model(thing), object_pk=str(thing.pk))
    whose = Q(member_id=thing.pk) if isinstance(thing, Member) else Q()
    found: QuerySet[AuditEntry] = AuditEntry.objects.filter(exactly | whose).order_by("-id")
    return found


def masked(_value: str) -> str:
    """Return what stands for a value that must not be seen."""
    return "•••"


def _entry(actor: User | None, deed: Deed, thing: Model | None, detail: str) -> AuditEntry:
    entry = AuditEntry(deed=deed, actor=actor, action=AbstractLogEntry.Action.ACCESS, detail=detail[:500])
    if thing is not None:
        entry.content_type = ContentType.objects.get_for_model(thing)
        entry.object_pk = str(thing.pk)
        entry.object_id = thing.pk if isinstance(thing.pk, int) else None
        entry.member_id, entry.object_repr = _named(thing)
    entry.sign()
    return entry


def _named(thing: Any) -> tuple[int | None, str]:
    """Return whose data the object is, and its name, which names members by their code alone."""
    if isinstance(thing, Member):
        return thing.pk, thing.external_id
    whose = getattr(thing, "member", None)
    return (whose.pk, whose.external_id) if isinstance(whose, Member) else (None, str(thing))
