"""Application settings of channels."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    """How it is carried: senders, messages, receipts and follow-ups."""

    name = "channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        """Make adapters and panels known, and let a closed grant silence what was going to speak of it."""
        # Not at import: models are ready only now.
        from channels import closing, hand_offs, home, registry
        from channels.chat.adapter import Chat
        from channels.desk.adapter import Desk
        from channels.email.adapter import Email
        from channels.panels import PANELS
        from channels.sms.adapter import Sms
        from content import offers
        from members import home as cards
        from members import panels

        for adapter in (Email, Sms, Chat, Desk):
            registry.register(adapter)
        offers.on_closed(closing.grants_closed)
        offers.on_closed(hand_offs.grants_closed)
        panels.register(*PANELS)
        cards.watch(home.alarms)
        cards.register(
            cards.Card(
                "planned",
                _("Planned messages"),
                40,
                "channels/home/planned.html",
                home.planned,
                "channels.view_message",
            )
        )
