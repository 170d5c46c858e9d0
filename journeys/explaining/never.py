"""Why a member never entered a journey: what they were told at its door, or what its entry still lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from channels.explaining import Explanation
from journeys.explaining.entries import Asked, Lacking, lacking, leaves
from journeys.models import Journey, Trace
from journeys.plan import Plan, plan
from journeys.vocabulary import JourneyState, NotEntered, NotNamed, Outcome, Whereabouts
from members import news
from members.models import Member
from members.rules import Rule
from members.sql import rows

_UNREAD = f"SELECT {news.exists_unread('m')} FROM members_member m WHERE m.id = %(member)s"


def never_entered(member: Member, journey: Journey, now: datetime) -> Explanation:
    """Return why a member has no enrollment in a journey, as of `now`."""
    found = _found(member, journey, now)
    said = {"member": member, "journey": journey.name, "why": found.sentence}
    return Explanation(
        status=Whereabouts.NEVER_ENTERED,
        reason=found.reason,
        sentence=_("%(member)s never entered “%(journey)s”: %(why)s") % said,
        until=found.until,
        evidence=found.evidence,
    )


def turned_away(member: Member, journey: Journey, since: datetime) -> Trace | None:
    """Return the last time after `since` that the member was named for entry and not admitted.

    That they were under way already then is no answer once they are no more.
    """
    told = Trace.objects.filter(member=member, journey=journey, outcome=Outcome.NOT_ENTERED, at__gt=since)
    return told.exclude(reason=NotEntered.UNDER_WAY).order_by("-pk").first()


def at_the_door(told: Trace, asked: Asked) -> Lacking:
    """Return why the member was not admitted, with the leaf that was false as of then."""
    reason, when = NotEntered(told.reason), asked.wall(told.at)
    then = _plan_then(asked, told.at)
    rules = {NotEntered.ENTRY_RULE: then.entry_rule, NotEntered.EXIT_RULE: then.exit}
    leaf, evidence = _of_rule(rules.get(reason), asked.member, told.at) or ("", {})
    why = f"{reason.label} {leaf}".strip()
    sentence = _("was named at %(time)s and not admitted. %(why)s") % {"time": when, "why": why}
    return Lacking(reason, sentence, evidence={"at": told.at.isoformat(), **evidence})


def _plan_then(asked: Asked, at: datetime) -> Plan:
    """Return the version that was published at that time: its rules were asked, and may say otherwise today."""
    found = asked.journey.versions.filter(published_at__lte=at).order_by("-number").values_list("pk", flat=True).first()
    return plan(found) if found else asked.plan


def _of_rule(rule: Rule | None, member: Member, at: datetime) -> tuple[str, dict[str, object]] | None:
    if rule is None:
        return None
    why, evidence = leaves(rule.why(member.pk, at))
    return why, dict(evidence)


def _found(member: Member, journey: Journey, now: datetime) -> Lacking:
    if journey.current_id is None:
        return Lacking(NotNamed.DRAFT, _("it is a draft and was never published."))
    asked = Asked(member, journey, plan(journey.current_id), now)
    told = turned_away(member, journey, datetime.min.replace(tzinfo=now.tzinfo))
    found = at_the_door(told, asked) if told else _shut(asked) or lacking(asked)
    if journey.state == JourneyState.STOPPED and told:  # who was to be named again on another day is not
        return replace(found, sentence=_("%(why)s It is stopped and takes nobody in.") % {"why": found.sentence})
    return _paused(found) if journey.state == JourneyState.PAUSED else found


def _paused(found: Lacking) -> Lacking:
    """Add the pause, which is the reason where nothing but a day is lacking: days that come meanwhile name nobody."""
    reason = NotEntered.PAUSED if found.reason == NotNamed.DAY_AHEAD else found.reason
    sentence = _("%(why)s The journey is paused and takes nobody in.") % {"why": found.sentence}
    return replace(found, reason=reason, sentence=sentence, until=None)


def _shut(asked: Asked) -> Lacking | None:
    """Return what keeps anybody from being named, or this member for the moment."""
    opens, closes = asked.plan.opens, asked.plan.closes
    if asked.journey.state == JourneyState.STOPPED:
        return Lacking(NotNamed.STOPPED, _("it is stopped and takes nobody in."))
    if opens and asked.now < opens:
        return Lacking(NotEntered.NOT_YET, _("it begins at %(time)s.") % {"time": asked.wall(opens)}, opens)
    if closes and asked.now >= closes:
        return Lacking(NotEntered.OVER, _("it was over at %(time)s.") % {"time": asked.wall(closes)})
    ((unread,),) = rows(_UNREAD, {"member": asked.member.pk, "now": asked.now})
    return Lacking(NotNamed.ABOUT_TO, _("news of the member is about to be looked at.")) if unread else None
