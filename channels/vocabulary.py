"""The closed vocabularies of channels: the states of a message and every reason for a "no"."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from members.vocabulary import Channel

# No channel of a member: machines are told by it what happened to messages, grants and enrollments.
WEBHOOK = "webhook"
# What a sender can carry, and so what a message can go by.
CARRIED = [*Channel.choices, (WEBHOOK, _("Webhook"))]


class State(TextChoices):
    """Where a message stands. `sent` and after it mean that the carrier took it."""

    QUEUED = "queued", _("Queued")  # a row before a deed; nobody works on it
    CLAIMED = "claimed", _("Claimed")  # a worker holds a lease and renders it; nothing has left
    HANDED = "handed", _("Handed over")  # committed just before the carrier is called
    SENT = "sent", _("Sent")  # the carrier took it
    DELIVERED = "delivered", _("Delivered")  # the carrier's receipt says so
    REFUSED = "refused", _("Refused")  # the carrier said no, and trying again cannot help
    FAILED = "failed", _("Failed")  # a receipt said that it did not arrive, or every attempt was in vain
    UNCONFIRMED = "unconfirmed", _("Unconfirmed")  # it may have left; nobody knows, and nobody guesses
    CANCELLED = "cancelled", _("Cancelled")  # it never left; the reason says why


OPEN = (State.QUEUED, State.CLAIMED, State.HANDED)
# What counts against contact pressure: everything that left, may have left or is going to leave.
LIVE = (*OPEN, State.SENT, State.DELIVERED, State.FAILED, State.UNCONFIRMED)


class Reason(TextChoices):
    """Why a message was not queued, was cancelled, or did not arrive."""

    NO_CONSENT = "no_consent", _("The member has not agreed to it on any channel at hand.")
    NO_ADDRESS = "no_address", _("The member has no verified address on any channel at hand.")
    SUPPRESSED = "suppressed", _("The address bounced or complained and is not used any more.")
    NO_VARIANT = "no_variant", _("The content has no variant for the channel.")
    NO_SENDER = "no_sender", _("No active sender carries the channel.")
    QUIET_HOURS = "quiet_hours", _("The channel's quiet hours last until after its deadline.")
    CAPPED = "capped", _("The member has had as many messages as the contact pressure policy allows.")
    LOST = "lost", _("A more important journey took the member's place.")
    SHARED_ADDRESS = "shared_address", _("The same message already goes to this address for another member.")
    GRANT_CLOSED = "grant_closed", _("The offer in it was taken, withdrawn, declined or is over.")
    NO_GRANT = "no_grant", _("There is no live grant of the offer that the message speaks of.")
    ENDED = "ended", _("The member left the journey before it went out.")
    EXPIRED = "expired", _("It could not leave before its deadline.")
    OVER_CAPACITY = "over_capacity", _("The team's follow-ups for the day are full.")
    NOT_RENDERED = "not_rendered", _("The content could not be filled in for this member.")
    CARRIER_REFUSED = "carrier_refused", _("The carrier refused it.")
    CARRIER_FAILED = "carrier_failed", _("The carrier could not be reached in any attempt.")
    BOUNCED = "bounced", _("The carrier reported that it did not arrive.")
    FATE_UNKNOWN = "fate_unknown", _("It was handed over, and no answer came back.")
    CANCELLED_BY_HAND = "by_hand", _("Somebody cancelled it by hand.")


class OriginKind(TextChoices):
    """What a message comes from; with the origin's id, the step key and the visit it makes the message's key."""

    ENROLLMENT = "enrollment", _("Journey")
    REP = "rep", _("Sales rep")
    TEST = "test", _("Test")
    OPT_IN = "opt_in", _("Opt-in")
    WEBHOOK = "webhook", _("Webhook subscription")
    COUNTER = "counter", _("Counter")


def to_member(message: str) -> str:
    """Return a condition: the row of channels_message with this alias is said to the member it is about.

    A test goes to the marketer who sent it, a webhook to a machine. They are no contact: they stand in no history,
    count nowhere, and nothing is told about them. For queries by the ORM there is `Message.objects.to_members()`.
    """
    return f"({message}.origin_kind <> '{OriginKind.TEST}' AND {message}.channel <> '{WEBHOOK}')"


class FollowUpResult(TextChoices):
    """What came of a contact; it ends the follow-up unless a next contact is agreed."""

    REACHED = "reached", _("Reached")
    NOT_REACHED = "not_reached", _("Not reached")
    AGREED = "agreed", _("Agreed")
    NOT_INTERESTED = "not_interested", _("Not interested")
    CALL_AGAIN = "call_again", _("Wants another call")  # the next contact is agreed with it
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    HANDED_OVER = "handed_over", _("Handed over")  # to a store, by a hand-off


class Intent(TextChoices):
    """How near a member is to buying, as the rep heard it; sales calls it the temperature of a lead."""

    HOT = "hot", _("Hot")  # wants it now: names a day, a size, a store
    WARM = "warm", _("Warm")  # likes it, not now
    COLD = "cold", _("Cold")  # listens, no more
    NONE = "none", _("No interest")


class HandOffState(TextChoices):
    """Where a hand-off stands. All but `agreed` are ends."""

    AGREED = "agreed", _("Agreed")  # the member comes to the store; past its time it is overdue
    DONE = "done", _("Done")  # the member came
    NO_SHOW = "no_show", _("Did not come")  # only a person says so, and only after the time
    CALLED_OFF = "called_off", _("Called off")  # by somebody, before or after the time
    CLOSED = "closed", _("Closed by itself")  # its offer ended; the reason says how


class HandOffReason(TextChoices):
    """Why a hand-off closed by itself: what became of its grant."""

    REDEEMED = "redeemed", _("The offer was redeemed.")
    EXPIRED = "expired", _("The offer is over.")
    WITHDRAWN = "withdrawn", _("The offer was withdrawn.")
    DECLINED = "declined", _("The member declined the offer.")
