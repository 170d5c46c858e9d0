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
        from channels import closing, hand_offs, home, pressure, registry, whys
        from channels.api import SCOPES
        from channels.chat.adapter import Chat
        from channels.counter import wishes
        from channels.desk.adapter import Desk
        from channels.email.adapter import Email
        from channels.models import Hold, PressurePolicy, QuietHours, Sender, Team
        from channels.panels import PANELS
        from channels.sms.adapter import Sms
        from channels.subscriptions import grants
        from channels.webhook.adapter import Webhook
        from content import offers
        from members import audit_log, doors, panels, scopes, segments
        from members import home as cards

        for adapter in (Email, Sms, Chat, Desk, Webhook):
            registry.register(adapter)
        offers.on_closed(closing.grants_closed)
        offers.on_closed(hand_offs.grants_closed)
        offers.on_reopened(closing.grants_reopened)
        offers.on_reopened(hand_offs.grants_reopened)
        offers.on_changed(grants.changed)
        whys.register(wishes.explain)
        segments.register(pressure.needs)
        panels.register(*PANELS)
        scopes.register(*SCOPES)
        doors.register(
            doors.Door("contacts", _("Contacts"), "contact_phone", "contacts", "channels.open_contacts", 10),
            doors.Door("counter", _("Counter"), "point_of_sale", "counter", "channels.open_counter", 20, shared=True),
        )
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
        fares = ["failing_since", "failing_words", "free_at"]
        audit_log.watch(Sender, without=fares, hidden=["secrets", "token"])
        audit_log.watch(Team, many=["users"])
        for model in (QuietHours, PressurePolicy, Hold):
            audit_log.watch(model)
