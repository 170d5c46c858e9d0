"""Journeys, their immutable versions and the steps of a version."""

from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from journeys.vocabulary import JourneyKind, JourneyState
from members.models import Segment


class Journey(models.Model):
    """A journey by name; what it does stands in its current version, what marketers work on in `draft`."""

    key = models.SlugField(_("key"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=12, choices=JourneyKind.choices)
    state = models.CharField(_("state"), max_length=8, choices=JourneyState.choices, default=JourneyState.DRAFT)
    draft = models.JSONField(_("draft"), default=dict, blank=True)  # a definition, as `journeys.definitions` reads it
    current = models.ForeignKey(
        "Version", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("current version")
    )

    # How many messages leave on one day of the house at most; none before its first publication with a maximum.
    daily_maximum = models.PositiveIntegerField(_("daily maximum"), null=True, blank=True)

    # Entries by date are named up to this instant; the next look goes on from here.
    dates_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


_Row = TypeVar("_Row", bound=models.Model)


class PublishedRows(models.QuerySet[_Row]):
    """Rows of published versions; members stand in them, and what was told of members goes by them."""

    def delete(self) -> NoReturn:
        """Refuse."""
        raise TypeError(_("Published versions are never deleted, nor any part of them; stop the journey instead."))


class Published(models.Model):
    """A row of a published version: it is written once, and stays."""

    objects = PublishedRows.as_manager()

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        type(self).objects.filter(pk=self.pk).delete()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new row; one that is stored never changes."""
        if not self._state.adding:
            sentence = _("%(what)s is part of a published version and never changes; publish a new version instead.")
            raise TypeError(sentence % {"what": f"{self._meta.verbose_name} {self}"})
        super().save(*args, **kwargs)


class Version(Published):
    """A published definition. It never changes; editing a journey makes a new one.

    What the tick asks in SQL is repeated in columns: priority, entry, re-entry, holdout, goal deadline.
    """

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="versions", verbose_name=_("journey"))
    number = models.PositiveIntegerField(_("number"))
    definition = models.JSONField(_("definition"))
    priority = models.SmallIntegerField(_("priority"), default=50)  # lower wins
    entry_segment = models.ForeignKey(Segment, models.PROTECT, null=True, blank=True, related_name="+")
    holdout = models.DecimalField(_("holdout share"), max_digits=4, decimal_places=3, default=0)
    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        constraints = [models.UniqueConstraint(fields=["journey", "number"], name="version_once")]
        ordering = ["journey", "-number"]

    def __str__(self) -> str:
        return f"{self.journey} {self.number}"


class Step(Published):
    """A step of a version. The key is unique in the version and stays the same across versions."""

    version = models.ForeignKey(Version, models.CASCADE, related_name="steps", db_index=False)
    key = models.SlugField(_("key"), max_length=64, db_index=False)
    kind = models.CharField(_("kind"), max_length=16)
    position = models.PositiveIntegerField(_("position"))  # in reading order
    depth = models.PositiveSmallIntegerField(_("depth"), default=0)
    settings = models.JSONField(_("settings"))

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [models.UniqueConstraint(fields=["version", "key"], name="step_once")]
        ordering = ["version", "position"]

    def __str__(self) -> str:
        return self.key


class Edge(Published):
    """Where an outcome of a step leads; no target means the end of the journey. `again` marks the way of a go_to."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="edges", db_index=False)
    outcome = models.CharField(_("outcome"), max_length=64)
    target = models.ForeignKey(Step, models.CASCADE, null=True, related_name="+", db_index=False)
    again = models.BooleanField(default=False)  # the target is visited once more: the visit counter rises

    class Meta:
        verbose_name = _("edge")
        verbose_name_plural = _("edges")
        constraints = [models.UniqueConstraint(fields=["step", "outcome"], name="edge_once")]
