"""The people who work with Chorale."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models.places import Store


class User(AbstractUser):
    """A marketer, sales rep, store clerk, manager or administrator; clerks belong to a store."""

    store = models.ForeignKey(Store, models.SET_NULL, null=True, blank=True, verbose_name=_("store"))
