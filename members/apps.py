"""Application settings of members."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MembersConfig(AppConfig):
    """Who the members are, what they did, what they allow and when we met them."""

    name = "members"
    verbose_name = _("Members")
