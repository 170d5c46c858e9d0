"""Tokens of the API."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from members.models.staff import User


class ApiToken(AbstractAuthToken):  # type: ignore[misc]  # Knox brings no types
    """What a program shows instead of a password: of the token itself only the digest is kept.

    It does what its owner may do, as far as its scopes go, until it expires or is revoked.
    """

    digest = models.CharField(
        max_length=128, unique=True, editable=False
    )  # Knox makes it the key, which addresses show
    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name=_("owner"))
    name = models.CharField(_("name"), max_length=100, help_text=_("Which program uses it, and where."))
    scopes = ArrayField(models.CharField(max_length=32), verbose_name=_("scopes"))
    created = None
    created_at = models.DateTimeField(_("created at"), editable=False)
    expiry = models.DateTimeField(_("expires at"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    objects: models.Manager[ApiToken] = models.Manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
