"""Makes, lists and revokes tokens of the API at the machine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from members import clock, scopes, tokens
from members.models import ApiToken, User
from members.tokens import BadToken


class Command(BaseCommand):
    help = "Makes, lists and revokes tokens of the API; docs/api.md has the scopes."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        make = deeds.add_parser("make", help=_("prints the token, once"))
        make.add_argument("owner", help=_("user name of whoever it acts for"))
        make.add_argument("name", help=_("which program uses it"))
        make.add_argument(
            "--scope", action="append", default=[], help=_("once for each; all that the role allows if none")
        )
        make.add_argument("--days", type=int, default=90, help=_("until it expires"))
        listed = deeds.add_parser("list", help=_("every token, without the token itself"))
        listed.add_argument("--owner", default="")
        revoke = deeds.add_parser("revoke", help=_("lets one do nothing any more"))
        revoke.add_argument("id", type=int, help=_("as the list says it"))

    def handle(self, *args: Any, **options: Any) -> None:
        {"make": self._make, "list": self._list, "revoke": self._revoke}[options["deed"]](options)

    def _make(self, options: dict[str, Any]) -> None:
        owner, now = _owner(options["owner"]), clock.now()
        wanted = options["scope"] or [scope.key for scope in scopes.open_to(owner)]
        try:
            _token, shown = tokens.make(owner, options["name"], wanted, now + timedelta(days=options["days"]), now)
        except (BadToken, OverflowError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(shown)

    def _list(self, options: dict[str, Any]) -> None:
        found = ApiToken.objects.select_related("user").order_by("id")
        for token in found.filter(user=_owner(options["owner"])) if options["owner"] else found:
            used = f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else _("never used")
            end = _("revoked") if token.revoked_at else _("until %(day)s") % {"day": f"{token.expiry:%Y-%m-%d}"}
            self.stdout.write(f"{token.pk}\t{token.user}\t{token.name}\t{end}\t{used}\t{' '.join(token.scopes)}")

    def _revoke(self, options: dict[str, Any]) -> None:
        token = ApiToken.objects.filter(pk=options["id"]).first()
        if token is None:
            raise CommandError(_("There is no token %(id)d; `api_token list` names them.") % {"id": options["id"]})
        if not tokens.revoke(token, clock.now()):
            raise CommandError(_("“%(name)s” was over already.") % {"name": token.name})
        self.stdout.write(_("“%(name)s” does nothing any more.") % {"name": token.name})


def _owner(name: str) -> User:
    found = User.objects.filter(username=name).first()
    if found is None:
        raise CommandError(_("There is no user “%(name)s”.") % {"name": name})
    return found
