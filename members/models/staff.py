"""The people who work with Chorale."""

from django.contrib.auth.models import AbstractUser, Group, Permission
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.places import Store

_KEPT = 150  # letters; a first and a last name may have twice as many


class User(AbstractUser):
    """A marketer, sales rep, store clerk, manager or administrator; clerks belong to a store."""

    store = models.ForeignKey(Store, models.SET_NULL, null=True, blank=True, verbose_name=_("store"))

    @property
    def known_as(self) -> str:
        """Return the name that history keeps of somebody, as long as its columns are."""
        return (self.get_full_name() or self.get_username())[:_KEPT]


class GivenRight(models.Model):
    """A right that Chorale gave a role, once: it can be taken away again without touching what an operator gave."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="+")
    permission = models.ForeignKey(Permission, models.CASCADE, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["group", "permission"], name="given_right_once")]
