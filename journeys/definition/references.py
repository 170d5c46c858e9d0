"""What a step refers to by key must be there, and must be able to do what the step wants of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from channels import subscriptions
from channels.models import Sender, Team
from channels.vocabulary import WEBHOOK
from channels.webhook.events import Event
from content.models import Content, Offer, Variant
from content.rendering import BadTemplate, uses_letter
from journeys.definition import fields
from journeys.definition.errors import BadDefinition, listed, nearest
from journeys.models import Journey
from members.vocabulary import Channel

SENDABLE = (Channel.EMAIL.value, Channel.SMS.value, Channel.CHAT.value)


def check_offer(value: object, place: str) -> None:
    """Refuse what is not the key of an offer."""
    key = fields.text(value, place, 64)
    if not Offer.objects.filter(key=key).exists():
        raise BadDefinition(place, _("there is no offer `{key}`; create it first or name another.").format(key=key))


def check_team(value: object, place: str) -> None:
    """Refuse what is not the key of a team."""
    key = fields.text(value, place, 64)
    if not Team.objects.filter(key=key).exists():
        raise BadDefinition(place, _("there is no team `{key}`; create it first or name another.").format(key=key))


def check_receiver(value: object, place: str) -> None:
    """Refuse what is not the name of a receiver of webhooks that listens to steps of journeys."""
    name, there = fields.text(value, place, 100), subscriptions.receivers()
    if name in there:
        return
    if Sender.objects.filter(name=name, adapter=WEBHOOK).exists():
        sentence = _("the receiver `{name}` does not listen to `{event}`; an administrator adds it among its events.")
        raise BadDefinition(place, sentence.format(name=name, event=Event.JOURNEY_STEP.value))
    hint = nearest(name, there) if there else _("an administrator adds one among the senders.")
    raise BadDefinition(place, _("there is no receiver `{name}` of webhooks; {hint}").format(name=name, hint=hint))


def check_journey(value: object, place: str) -> None:
    """Refuse what is not the key of a journey."""
    key = fields.slug(value, place)
    if not Journey.objects.filter(key=key).exists():
        raise BadDefinition(place, _("there is no journey `{key}`; create it first or name another.").format(key=key))


def check_content(value: object, place: str, channels: Sequence[str]) -> None:
    """Refuse what is no content with a variant for every channel; `preferred` needs one for any of them."""
    key = fields.text(value, place, 64)
    if not Content.objects.filter(key=key).exists():
        raise BadDefinition(place, _("there is no content `{key}`; create it first or name another.").format(key=key))
    known = set(Variant.objects.filter(content__key=key).values_list("channel", flat=True))
    missing = [channel for channel in channels if channel != "preferred" and channel not in known]
    if missing:
        sentence = _("the content `{key}` has no variant for {channels}; add one, or do not send it there.")
        raise BadDefinition(place, sentence.format(key=key, channels=listed(missing)))
    if any(_is_letter(variant) for variant in Variant.objects.filter(content__key=key).order_by("pk")):
        raise BadDefinition(place, _("only what a rep writes fills the content `{key}`; name another.").format(key=key))
    if "preferred" in channels and not known & set(SENDABLE):
        sentence = _("the content `{key}` has no variant for {channels}; add one.")
        raise BadDefinition(place, sentence.format(key=key, channels=listed(SENDABLE)))


def _is_letter(variant: Variant) -> bool:
    try:
        return uses_letter(variant)
    except BadTemplate:
        return False  # told by whoever reads the words
