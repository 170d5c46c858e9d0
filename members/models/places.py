"""Time zones and stores."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Zone(models.Model):
    """A zone name of the pinned tzdata. Members reference it, so that no row can hold a name that breaks a cohort."""

    name = models.CharField(_("name"), max_length=64, primary_key=True)

    class Meta:
        verbose_name = _("zone")
        verbose_name_plural = _("zones")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    """A shop with a counter."""

    code = models.CharField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=200)
    zone = models.ForeignKey(Zone, models.PROTECT, verbose_name=_("zone"))
    address = models.CharField(_("address"), max_length=300, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO 3166 code, such as DE."))
    phone = models.CharField(_("phone"), max_length=16, blank=True, help_text=_("In E.164, such as +442079460000."))

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
