"""What deleting an object would take with it, told without reading it: there may be a million."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import CASCADE, PROTECT, ForeignObjectRel, Model
from django.utils.text import capfirst
from django.utils.translation import gettext as _

# What goes, how many of each model are known, the permissions that lack, and what is in the way.
Deletion = tuple[list[str], dict[str, int], set[str], list[str]]


def deletion(objects: Iterable[Model]) -> Deletion:
    """Return what Django's page of deletion shows. Whoever may delete an object may delete what is a part of it."""
    listed = list(objects)
    names = [f"{capfirst(str(one._meta.verbose_name))}: {one}" for one in listed]  # noqa: SLF001 - Django's own way
    goes = [sentence for one in listed for sentence in _takes_along(one)]
    counts = {str(listed[0]._meta.verbose_name_plural): len(listed)} if listed else {}  # noqa: SLF001
    return names + goes, counts, set(), [sentence for one in listed for sentence in _in_the_way(one)]


def _relations(one: Model, on_delete: object) -> Iterator[tuple[ForeignObjectRel, str]]:
    # Relations without a name of their own (related_name "+") are hidden, and stand in the way all the same.
    for relation in one._meta.get_fields(include_hidden=True):  # noqa: SLF001
        if not isinstance(relation, ForeignObjectRel) or relation.related_model._meta.auto_created:  # noqa: SLF001
            continue
        if getattr(relation, "on_delete", None) is on_delete and _exists(one, relation):
            yield relation, str(relation.related_model._meta.verbose_name_plural)  # noqa: SLF001


def _exists(one: Model, relation: ForeignObjectRel) -> bool:
    return relation.related_model._base_manager.filter(**{relation.field.name: one.pk}).exists()  # noqa: SLF001


def _takes_along(one: Model) -> Iterator[str]:
    for _relation, names in _relations(one, CASCADE):
        yield _("and its %(parts)s") % {"parts": names}


def _in_the_way(one: Model) -> Iterator[str]:
    for _relation, names in _relations(one, PROTECT):
        yield _("There are %(parts)s that refer to “%(name)s”.") % {"parts": names, "name": one}
