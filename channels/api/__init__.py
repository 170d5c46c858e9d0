"""The API of what is carried: messages, follow-ups, hand-offs, their limits, and subscriptions that hear of them."""

from django.utils.translation import gettext_lazy as _

from members.scopes import Scope

SCOPES = (
    Scope("offers:decline", _("Note that a member does not want an offer"), ("members.add_touchpoint",)),
    Scope("messages:read", _("See messages as members saw them"), ("channels.view_message", "channels.view_rendering")),
    Scope("follow_ups:read", _("See the follow-ups of one's teams"), ("channels.view_followup",)),
    Scope("follow_ups:write", _("Work follow-ups"), ("channels.change_followup",)),
    Scope("hand_offs:read", _("See hand-offs of one's store and teams"), ("channels.view_handoff",)),
    Scope("hand_offs:write", _("Agree on hand-offs"), ("channels.add_handoff", "channels.change_followup")),
    Scope("hand_offs:end", _("Say what became of a hand-off"), ("channels.change_handoff",)),
    Scope(
        "limits:read",
        _("See contact pressure policies and quiet hours"),
        ("channels.view_pressurepolicy", "channels.view_quiethours"),
    ),
    Scope(
        "limits:write",
        _("Add, change and delete contact pressure policies and quiet hours"),
        tuple(
            f"channels.{deed}_{model}"
            for model in ("pressurepolicy", "quiethours")
            for deed in ("view", "add", "change", "delete")
        ),
    ),
    Scope("subscriptions:read", _("See webhook subscriptions and how they fare"), ("channels.view_sender",)),
    Scope(
        "subscriptions:write",
        _("Add, change, try and delete webhook subscriptions"),
        ("channels.view_sender", "channels.add_sender", "channels.change_sender", "channels.delete_sender"),
    ),
)
