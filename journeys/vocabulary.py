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
    NEW_VERSION = "new_version", _("A new version of the journey ended it for those who stood there.")


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
    MOVED = "moved", _("Moved to another version")
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
    LEFT_SEGMENT = "left_segment", _("The member had left the segment again when they were to enter.")


class NotNamed(TextChoices):
    """Why an entry never named a member, so that there is no trace of it; found out when somebody asks."""

    DRAFT = "draft", _("The journey is a draft.")
    STOPPED = "stopped", _("The journey is stopped.")
    NOT_IN_SEGMENT = "not_in_segment", _("The member is not in the entry segment.")
    NOT_REFRESHED = "not_refreshed", _("The member fits the entry segment and joins it when it is refreshed.")
    THERE_BEFORE = "there_before", _("The member was in the entry segment before the journey began to take in.")
    NO_FACT = "no_fact", _("The fact that lets members in has not come.")
    OTHER_FACT = "other_fact", _("Facts of this kind came, and none that fits.")
    FACT_BEFORE = "fact_before", _("The fact came before the journey listened for it.")
    NO_DATE = "no_date", _("The member has no such date, or none that comes.")
    DAY_AHEAD = "day_ahead", _("The entry's day is still ahead.")
    ABOUT_TO = "about_to", _("News of the member is about to be looked at.")


class Whereabouts(TextChoices):
    """Where a member is with a journey, as an explanation says it."""

    NEVER_ENTERED = "never_entered", _("Never entered")
    HELD_OUT = "held_out", _("Held out")
    HELD = "held", _("Held")  # the journey rests: it is paused, being stopped, or held by an alarm
    WAITING = "waiting", _("Waiting")
    DEFERRED = "deferred", _("Put off")  # a message was wanted, and is asked for again
    GOING_ON = "going_on", _("About to go on")
    ENDED = "ended", _("Ended")
