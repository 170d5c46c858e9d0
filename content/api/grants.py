"""Grants: a member's offers, one of them by its id or code, redeeming, and undoing that."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from content import offers
from content.models import Grant, Redemption
from content.offers import AlreadyRedeemed, CannotUndo, NotLive, codes
from members import audit_log
from members.api.fields import Choice, PublicId, Text
from members.api.operations import operation
from members.api.problems import Kind, Problem
from members.api.reading import Fault, Refused, Shape
from members.api.views import Endpoint
from members.models import Member, Store, User
from members.vocabulary import Channel

KEY = "Idempotency-Key"
KEY_SAYS = "Names this request, at most 64 characters: sent again with the same one, it gets the first answer."
RIGHT_KEY = gettext_lazy("write 1 to 64 letters, digits and signs, the same when the request is sent again")
KEY_PATTERN = "[!-~]+"
INSTEAD = f"Instead of the header {KEY}."
FITS = re.compile("[!-~]{1,64}").fullmatch


class GrantOut(serializers.ModelSerializer[Grant]):
    """One promise to one member."""

    member = serializers.UUIDField(source="member.public_id")
    offer = serializers.CharField(source="offer.key")
    name = serializers.CharField(source="offer.name")
    terms = serializers.CharField(source="offer.terms")
    code = serializers.SerializerMethodField(help_text="As people read it; blanks, dashes and case are forgiven.")
    valid_from = serializers.DateTimeField(source="validity.lower")
    valid_until = serializers.DateTimeField(source="validity.upper", help_text="It holds no more at this instant.")

    class Meta:
        model = Grant
        fields = (
            "public_id",
            "member",
            "offer",
            "name",
            "terms",
            "slot",
            "price",
            "currency",
            "code",
            "valid_from",
            "valid_until",
            "state",
            "granted_at",
            "closed_at",
        )

    def get_code(self, grant: Grant) -> str:
        """Return the code in two groups."""
        return codes.shown(grant.code)


class GrantsOut(serializers.Serializer[Any]):
    """Offers."""

    items = serializers.ListField(child=GrantOut())


class RedemptionOut(serializers.ModelSerializer[Redemption]):
    """A grant taken. `undone_at` says that it was undone since."""

    grant = serializers.UUIDField(source="grant.public_id")
    who = serializers.CharField(source="who_name")
    store = serializers.CharField(source="store.code", default=None, allow_null=True)

    class Meta:
        model = Redemption
        fields = ("grant", "price", "currency", "happened_at", "channel", "store", "who", "request_key", "undone_at")


class KeyIn(Shape):
    """The key of a request, where the header does not say it."""

    request_key = Text(
        64, pattern=KEY_PATTERN, required=False, right=RIGHT_KEY, help_text=f"Instead of the header {KEY}."
    )


class RedeemIn(KeyIn):
    """What is redeemed, and where: a grant by its id or its code."""

    grant = PublicId(required=False)
    code = Text(40, required=False, help_text="As somebody typed it.")
    channel = Choice(Channel.values, required=False, help_text="`counter` unless said.")
    store = Text(32, required=False, help_text="The code of a store; your own unless said, if you have one.")


class CodeQuery(Shape):
    """By which code to find a grant."""

    code = Text(40, help_text="As somebody typed it.")


def request_key(request: Request, body: dict[str, Any]) -> str:
    """Return the key by which a repeated request is known. Raises Refused."""
    key = str(request.headers.get(KEY, body.get("request_key", "")))
    if not FITS(key):
        said = _("There is no key by which this request is known if sent again; %(right)s, in the header %(name)s.")
        raise Refused([Fault("request_key", said % {"right": RIGHT_KEY, "name": KEY})])
    return key


def whole() -> QuerySet[Grant]:
    """Return grants with all that is shown of them."""
    return Grant.objects.select_related("offer", "member")


class MemberOffers(Endpoint):
    """The offers of a member."""

    tag = "Offers"

    @operation("offers:read", answers={200: GrantsOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """List the offers that are the member's now, one a slot, with price, code and until when."""
        member = get_object_or_404(Member, public_id=public_id)
        audit_log.note_looks(self.caller, [member], self.now)
        listed = offers.current(member.pk, self.now)
        for grant in listed:
            grant.member = member
        return Response({"items": GrantOut(listed, many=True).data})


class Grants(Endpoint):
    """Grants."""

    tag = "Offers"

    @operation("offers:read", query=CodeQuery, answers={200: GrantsOut})
    def get(self, request: Request) -> Response:
        """Find a grant by the code that the member shows; nothing where there is none."""
        found = list(whole().filter(code=codes.normalised(self.query()["code"])))
        audit_log.note_looks(self.caller, [grant.member for grant in found], self.now)
        return Response({"items": GrantOut(found, many=True).data})


class OneGrant(Endpoint):
    """A grant."""

    tag = "Offers"

    @operation("offers:read", answers={200: GrantOut})
    def get(self, request: Request, public_id: UUID) -> Response:
        """Show a grant and what became of it."""
        found = get_object_or_404(whole(), public_id=public_id)
        audit_log.note_looks(self.caller, [found.member], self.now)
        return Response(GrantOut(found).data)


class Redemptions(Endpoint):
    """Redemptions."""

    tag = "Offers"

    @operation(
        "offers:redeem",
        body=RedeemIn,
        answers={200: RedemptionOut},
        problems=(Kind.CONFLICT, Kind.ALREADY_REDEEMED, Kind.NOT_FOUND),
        headers={KEY: KEY_SAYS},
    )
    def post(self, request: Request) -> Response:
        """Redeem a grant, by its id or its code, once; the same request again gets the first answer."""
        body = self.body()
        key, store = request_key(request, body), _store(self.caller, body.get("store"))
        try:
            redemption = offers.redeem(
                _named(body),
                request_key=key,
                channel=Channel(body.get("channel", Channel.COUNTER)),
                now=self.now,
                who=self.caller,
                store=store,
            )
        except AlreadyRedeemed as error:
            more = {"who": error.who, "when": error.when.isoformat(), "where": error.where}
            raise Problem(Kind.ALREADY_REDEEMED, str(error), **more) from error
        except NotLive as error:
            raise Problem(Kind.CONFLICT, str(error)) from error
        return Response(RedemptionOut(redemption).data)


def _named(body: dict[str, Any]) -> int:
    """Return the id of the grant that is meant. Raises Refused, and Problem where there is none."""
    if ("grant" in body) == ("code" in body):
        raise Refused([Fault("code", _("Say either “grant” or “code”."))])
    wanted = {"public_id": body["grant"]} if "grant" in body else {"code": codes.normalised(body["code"])}
    found = Grant.objects.filter(**wanted).values_list("pk", flat=True).first()
    if found is None:
        raise Problem(Kind.NOT_FOUND, _("There is no such offer; check the code letter by letter."))
    return found


def _store(user: User, code: str | None) -> Store | None:
    """Return the store where somebody redeems: whoever belongs to one redeems there. Raises Refused."""
    if code is None or (user.store and code == user.store.code):
        return user.store
    if user.store:
        raise Refused([Fault("store", _("You redeem in your own store."))])
    found = Store.objects.filter(code=code).first()
    if found is None:
        raise Refused([Fault("store", _("There is no store “%(code)s”.") % {"code": code})])
    return found


class Undoing(Endpoint):
    """Undoing the redemption of a grant."""

    tag = "Offers"

    @operation(
        "offers:redeem",
        body=KeyIn,
        answers={200: RedemptionOut},
        problems=(Kind.CONFLICT,),
        headers={KEY: KEY_SAYS},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        """Undo the last redemption of a grant within five minutes: the offer is the member's again."""
        key = request_key(request, self.body())
        made = Redemption.objects.filter(grant__public_id=public_id).order_by("-pk")
        # A request that comes again finds what it undid, whatever was redeemed since.
        found = made.filter(undo_key=key).first() or made.first()
        if found is None:
            get_object_or_404(Grant, public_id=public_id)
            raise Problem(Kind.CONFLICT, _("The offer was not redeemed; there is nothing to undo."))
        try:
            undone = offers.undo(found.pk, request_key=key, now=self.now, who=self.caller)
        except CannotUndo as error:
            raise Problem(Kind.CONFLICT, str(error)) from error
        return Response(RedemptionOut(undone).data)
