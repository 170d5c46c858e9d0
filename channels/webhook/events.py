"""The closed vocabulary of events that a subscription can hear of; docs/webhooks.md explains each."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Event(TextChoices):
    """What happened, as the `type` of a payload has it: the thing, and what it came to."""

    MESSAGE_QUEUED = "message.queued", _("Message queued")
    MESSAGE_SENT = "message.sent", _("Message sent")
    MESSAGE_DELIVERED = "message.delivered", _("Message delivered")
    MESSAGE_CLICKED = "message.clicked", _("Message clicked")  # for the first time
    MESSAGE_REFUSED = "message.refused", _("Message refused")
    MESSAGE_FAILED = "message.failed", _("Message failed")
    MESSAGE_UNCONFIRMED = "message.unconfirmed", _("Message unconfirmed")
    MESSAGE_CANCELLED = "message.cancelled", _("Message cancelled")
    GRANT_GRANTED = "grant.granted", _("Offer granted")
    GRANT_REDEEMED = "grant.redeemed", _("Offer redeemed")
    GRANT_UNDONE = "grant.undone", _("Redemption undone")
    GRANT_EXPIRED = "grant.expired", _("Offer expired")
    GRANT_WITHDRAWN = "grant.withdrawn", _("Offer withdrawn")
    GRANT_DECLINED = "grant.declined", _("Offer declined")
    ENROLLMENT_ENTERED = "enrollment.entered", _("Journey entered")
    ENROLLMENT_HELD_OUT = "enrollment.held_out", _("Held out of a journey")
    ENROLLMENT_CONVERTED = "enrollment.converted", _("Goal of a journey reached")
    ENROLLMENT_ENDED = "enrollment.ended", _("Journey ended")
    JOURNEY_STEP = "journey.step", _("Step of a journey that names this receiver")


# Sent by hand, to see whether the receiver is there; nobody subscribes to it.
TEST = "webhook.test"
