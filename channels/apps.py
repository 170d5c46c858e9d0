"""Application settings of channels."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    """How it is carried: senders, messages, receipts and follow-ups."""

    name = "channels"
    verbose_name = _("Channels")
