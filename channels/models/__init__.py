"""The tables of channels."""

from channels.models.desk import FollowUp, Team
from channels.models.hand_offs import HandOff
from channels.models.letters import Letter
from channels.models.messages import DeliveryTime, Message, MessageCount, Receipt, Rendering
from channels.models.senders import Hold, PressurePolicy, QuietHours, Sender

__all__ = [
    "DeliveryTime",
    "FollowUp",
    "HandOff",
    "Hold",
    "Letter",
    "Message",
    "MessageCount",
    "PressurePolicy",
    "QuietHours",
    "Receipt",
    "Rendering",
    "Sender",
    "Team",
]
