"""The closed vocabularies that every layer shares. One word, one thing."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Channel(TextChoices):
    """How a member can be reached. People are channels too."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    CHAT = "chat", _("Chat")
    DESK = "desk", _("Desk")  # a call or a word by a sales rep
    COUNTER = "counter", _("Counter")  # the store clerk at the till


class Purpose(TextChoices):
    """Why a member is contacted; consent and contact pressure depend on it."""

    PROMOTIONAL = "promotional", _("Promotional")  # needs consent, counts against contact pressure
    SERVICE = "service", _("Service")  # about a benefit the member already has; needs no opt-in, honours a withdrawal
    TRANSACTIONAL = (
        "transactional",
        _("Transactional"),
    )  # about something the member just did; only suppression stops it


class Direction(TextChoices):
    """Who spoke."""

    OUT = "out", _("to the member")
    IN = "in", _("from the member")


class Tier(TextChoices):
    """The customer pyramid, by spend of the trailing twelve months."""

    GOLD = "gold", _("Gold")
    SILVER = "silver", _("Silver")
    BASE = "base", _("Base")


class Churn(TextChoices):
    """How far a member's silence exceeds the own typical gap between purchases."""

    NONE = "none", _("None")
    LIGHT = "light", _("Light")
    MODERATE = "moderate", _("Moderate")
    SEVERE = "severe", _("Severe")


class RfmClass(TextChoices):
    """The eight classes: monetary above average is important, below is general; then frequency and recency."""

    IMPORTANT_VALUE = "important_value", _("Important value")  # recent, frequent, high spend
    IMPORTANT_DEVELOP = "important_develop", _("Important develop")  # recent, seldom, high spend
    IMPORTANT_KEEP = "important_keep", _("Important keep")  # long ago, frequent, high spend
    IMPORTANT_RETAIN = "important_retain", _("Important retain")  # long ago, seldom, high spend
    GENERAL_VALUE = "general_value", _("General value")
    GENERAL_DEVELOP = "general_develop", _("General develop")
    GENERAL_KEEP = "general_keep", _("General keep")
    GENERAL_RETAIN = "general_retain", _("General retain")


class PointsKind(TextChoices):
    """What happened to points; spent and expired entries carry a negative number of points."""

    EARNED = "earned", _("Earned")
    SPENT = "spent", _("Spent")
    EXPIRED = "expired", _("Expired")


class TouchpointKind(TextChoices):
    """What a contact was."""

    MESSAGE = "message", _("Message")  # sent by Chorale
    FOLLOW_UP = "follow_up", _("Follow-up")  # given to people to work
    CALL = "call", _("Call")
    VISIT = "visit", _("Visit")
    NOTE = "note", _("Note")
    DELIVERED = "delivered", _("Delivered")  # the carrier's receipt
    FAILED = "failed", _("Failed")  # the carrier's receipt: it did not arrive
    CLICKED = "clicked", _("Clicked")
    REPLIED = "replied", _("Replied")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    COMPLAINED = "complained", _("Complained")
    REDEEMED = "redeemed", _("Redeemed")
    UNDONE = "undone", _("Redemption undone")
    HAND_OFF = "hand_off", _("Hand-off")  # handed over to a store; the outcome says agreed, no_show or called_off


class Deed(TextChoices):
    """What somebody did, as the audit log says it. docs/audit-log.md explains each."""

    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    DELETED = "deleted", _("Deleted")
    PUBLISHED = "published", _("Published")
    PAUSED = "paused", _("Paused")
    RESUMED = "resumed", _("Resumed")
    STOPPED = "stopped", _("Stopped")
    EXPORTED = "exported", _("Exported")
    LOOKED_UP = "looked_up", _("Looked up")
    REDEEMED = "redeemed", _("Redeemed")
    UNDONE = "undone", _("Undone")
    DECLINED = "declined", _("Declined")  # the member does not want it
    WITHDRAWN = "withdrawn", _("Withdrawn")  # the company takes it back
    CANCELLED = "cancelled", _("Cancelled")
    LIFTED = "lifted", _("Lifted")
    CONTACTED = "contacted", _("Contacted")  # a follow-up's result, a call, a message, a note
    HANDED_OFF = "handed_off", _("Handed off")
    SIGNED_IN = "signed_in", _("Signed in")
    SIGNED_OUT = "signed_out", _("Signed out")
    FAILED_SIGN_IN = "failed_sign_in", _("Failed to sign in")
    LOCKED_OUT = "locked_out", _("Locked out")
    PASSWORD_CHANGED = "password_changed", _("Changed the password")
    SECOND_FACTOR_SET_UP = "second_factor_set_up", _("Set up the second factor")
    SECOND_FACTOR_RESET = "second_factor_reset", _("Reset the second factor")
    TOKEN_MADE = "token_made", _("Made a token")
    TOKEN_REVOKED = "token_revoked", _("Revoked a token")
    PRUNED = "pruned", _("Pruned the audit log")


class Through(TextChoices):
    """Where somebody came in who did something. A door has the name with which its addresses begin."""

    ADMIN = "admin", _("Admin")
    HOME = "home", _("Home")
    CONTACTS = "contacts", _("Contacts")
    COUNTER = "counter", _("Counter")
    API = "api", _("API")
    WEB = "web", _("Web")  # signing in, and whatever else has an address
    COMMAND = "command", _("Command")
    TASK = "task", _("Task")
