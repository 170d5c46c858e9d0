"""The closed vocabularies of journeys: kinds, states, and every way out or "no"."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class JourneyKind(TextChoices):
    """The five kinds of journeys."""

    GREETING = "greeting", _("Greeting")  # birthday, anniversary, welcome
    REMINDER = "reminder", _("Reminder")  # points about to expire, unused benefits, service due
    UPGRADE = "upgrade", _("Upgrade")  # close to the next tier, worth more
    WIN_BACK = "win_back", _("Win-back")  # light, moderate, severe churn
    OPPORTUNITY = "opportunity", _("Opportunity")  # new product, scene, next likely purchase


class JourneyState(TextChoices):
    """What a journey does."""

    DRAFT = "draft", _("Draft")  # never published
    LIVE = "live", _("Live")
    PAUSED = "paused", _("Paused")  # nobody enters, moves or is sent anything
    STOPPED = "stopped", _("Stopped")  # nobody enters any more; who was under way has left


class EnrollmentState(TextChoices):
    """Where an enrollment stands."""

    LIVE = "live", _("Under way")
    HELD_OUT = "held_out", _("Held out")  # drawn for the holdout: kept for comparison, gets nothing
    ENDED = "ended", _("Ended")


class EndReason(TextChoices):
    """Why an enrollment ended."""

    FINISHED = "finished", _("Reached the end.")
    GOAL = "goal", _("Reached the goal.")
    EXIT_RULE = "exit_rule", _("The exit rule became true.")
    EXIT_STEP = "exit_step", _("An exit step ended it.")
    STOPPED = "stopped", _("The journey was stopped.")
    HELD_OUT = "held_out", _("Held out for comparison; the time for the goal is over.")


class Outcome(TextChoices):
    """What a trace row tells. The outcomes of a branch or split are the keys of its paths."""

    ENTERED = "entered", _("Entered")
    HELD_OUT = "held_out", _("Held out")
    NOT_ENTERED = "not_entered", _("Not entered")
    NEXT = "next", _("Went on")
    WAITING = "waiting", _("Waiting")
    QUEUED = "queued", _("Message queued")
    NOT_SENT = "not_sent", _("No message")
    GRANTED = "granted", _("Offer granted")
    NOT_GRANTED = "not_granted", _("Offer not granted")
    HAPPENED = "happened", _("It happened")
    TIMED_OUT = "timed_out", _("It did not happen in time")
    OTHERWISE = "otherwise", _("No path fits")
    LIMIT_REACHED = "limit_reached", _("Went round as often as allowed")
    CONVERTED = "converted", _("Reached the goal")
    ENDED = "ended", _("Left")


class NotEntered(TextChoices):
    """Why a member named by an entry was not admitted."""

    UNDER_WAY = "under_way", _("The member is in this journey already.")
    NOT_AGAIN = "not_again", _("The journey's re-entry rule does not admit the member again yet.")
    EXIT_RULE = "exit_rule", _("The exit rule was true at entry.")
    ENTRY_RULE = "entry_rule", _("The entry's rule was not true for the member.")
    PAUSED = "paused", _("The journey was paused.")
    NOT_YET = "not_yet", _("The journey had not begun.")
    OVER = "over", _("The journey was over.")
    RAMP = "ramp", _("The journey takes in no more members that day; the member is named again on the next.")
    NOT_LIVE = "not_live", _("The other journey is a draft or stopped, and takes nobody in.")
    LEFT_SEGMENT = "left_segment", _("The member had left the segment when there was room.")
