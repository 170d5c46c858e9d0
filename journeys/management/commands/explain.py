"""Says why a member did or did not get a message, or where they are with a journey."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from channels.models import Message
from journeys import explaining
from journeys.models import Journey
from members import clock
from members.models import Member


class Command(BaseCommand):
    help = "Says why a member did or did not get something: of a journey by its key, or one message by its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("member", help=_("the member's code"))
        parser.add_argument("about", help=_("a journey's key, or a message's id"))
        parser.add_argument("--now", type=clock.instant, help=_("ISO 8601 with offset; the time it is otherwise"))
        parser.add_argument("--json", action="store_true", help=_("the whole answer in structure, as the API gives it"))

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.select_related("home_store").filter(external_id=options["member"]).first()
        if member is None:
            raise CommandError(_("There is no member “%(code)s”.") % {"code": options["member"]})
        about = _about(options["about"], member)
        found = explaining.explain(member, about, options["now"] or clock.now())
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), ensure_ascii=False, indent=2))
            return
        self.stdout.write(found.sentence)
        for part in found.parts:
            self.stdout.write(f"  {part.sentence}")


def _about(named: str, member: Member) -> Journey | Message:
    journey = Journey.objects.filter(key=named).first()
    if journey:
        return journey
    try:
        message = Message.objects.filter(public_id=UUID(named), member=member).first()
    except ValueError:
        message = None
    if message is None:
        said = {"name": named, "member": member.external_id}
        raise CommandError(_("There is no journey “%(name)s”, and no message of that id to %(member)s.") % said)
    return message
