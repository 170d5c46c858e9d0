"""Tokens of the API: made by their owner or an administrator, shown once, used until they expire or are revoked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from knox.crypto import hash_token
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from members import audit_log
from members import scopes as known_scopes
from members.models import ApiToken, User
from members.scopes import Scope
from members.sql import rows
from members.vocabulary import Deed

# How exactly the last use is kept: a write for each call would cost more than the call.
USE = timedelta(minutes=1)
# A token that is over stays this long in the list, for whoever wonders why a program stopped.
KEPT = timedelta(days=90)


_USER = [field.attname for field in User._meta.concrete_fields]  # noqa: SLF001 - Django's documented way to a field
_TOKEN = [field.attname for field in ApiToken._meta.concrete_fields]  # noqa: SLF001 - as above
# Token, owner and the owner's rights in one statement: asked one by one they took most of a call of 50 facts.
_SHOWN = f"""
SELECT {", ".join(f"u.{column}" for column in _USER)}, {", ".join(f"t.{column}" for column in _TOKEN)}, ARRAY(
    SELECT of.app_label || '.' || p.codename
    FROM auth_permission p JOIN django_content_type of ON of.id = p.content_type_id
    WHERE of.app_label || '.' || p.codename = ANY(%(rights)s) AND (
        u.is_superuser
        OR EXISTS (SELECT FROM members_user_user_permissions own WHERE own.user_id = u.id AND own.permission_id = p.id)
        OR EXISTS (SELECT FROM members_user_groups role JOIN auth_group_permissions given USING (group_id)
                   WHERE role.user_id = u.id AND given.permission_id = p.id)))
FROM members_apitoken t JOIN members_user u ON u.id = t.user_id
WHERE t.token_key = %(beginning)s
"""


@dataclass(frozen=True)
class Shown:
    """A token that holds, with those rights of its owner that scopes ask for."""

    token: ApiToken
    rights: frozenset[str]

    def allows(self, scope: Scope) -> bool:
        """Say whether the owner's role allows a scope today."""
        return self.rights.issuperset(scope.permissions)


class BadToken(ValueError):
    """There can be no such token; the message is one sentence, `field` the part that is wrong."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


@transaction.atomic
def make(owner: User, name: str, scopes: Sequence[str], expires_at: datetime, now: datetime) -> tuple[ApiToken, str]:
    """Make a token and return it with the text to show once; nobody can find that again. Raises BadToken."""
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise BadToken(_("The name is empty or too long; write at most 100 characters."), "name")
    if expires_at <= now:
        raise BadToken(_("The time when it expires is over already."), "expiry")
    _check_scopes(owner, scopes)
    digest, shown = get_digest_token()
    token = ApiToken(
        user=owner,
        name=name.strip(),
        scopes=sorted(set(scopes)),
        digest=digest,
        token_key=shown[: CONSTANTS.TOKEN_KEY_LENGTH],
        created_at=now,
        expiry=expires_at,
    )
    token.save()
    audit_log.note(None, Deed.TOKEN_MADE, token, _told(token))
    return token, shown


def _told(token: ApiToken) -> str:
    return f"{token.user.get_username()}: {' '.join(token.scopes)}"


def _check_scopes(owner: User, scopes: Sequence[str]) -> None:
    if not scopes:
        raise BadToken(_("A token without scopes can do nothing; choose some."), "scopes")
    for key in scopes:
        scope = known_scopes.known().get(key)
        if scope is None:
            told = {"key": key, "names": ", ".join(known_scopes.known())}
            raise BadToken(_("There is no scope “%(key)s”; known are %(names)s.") % told, "scopes")
        if not scope.open_to(owner):
            told = {"owner": owner.get_username(), "key": key}
            raise BadToken(_("The role of %(owner)s does not allow “%(key)s”.") % told, "scopes")


@transaction.atomic
def revoke(token: ApiToken, now: datetime) -> bool:
    """Let a token do nothing any more, from the next call on. Returns whether it could do anything until now."""
    ended = ApiToken.objects.filter(pk=token.pk, revoked_at=None, expiry__gt=now).update(revoked_at=now)
    if ended:
        audit_log.note(None, Deed.TOKEN_REVOKED, token, _told(token))
    return bool(ended)


def forget(now: datetime) -> int:
    """Delete the tokens that have done nothing for long, as they expired or were revoked, and return how many."""
    over = Q(expiry__lt=now - KEPT) | Q(revoked_at__lt=now - KEPT)
    return ApiToken.objects.filter(over).delete()[0]


def shown(text: str, now: datetime) -> Shown | None:
    """Return the token that somebody shows, if it holds now; note that it was used."""
    digest = hash_token(text)
    # The beginning of a token finds it; whether it is the one, only the comparison of digests says.
    for row in rows(_SHOWN, {"beginning": text[: CONSTANTS.TOKEN_KEY_LENGTH], "rights": _rights_asked()}):
        user = User.from_db(DEFAULT_DB_ALIAS, _USER, row[: len(_USER)])
        token = ApiToken.from_db(DEFAULT_DB_ALIAS, _TOKEN, row[len(_USER) : -1])
        if compare_digest(digest, token.digest):
            token.user = user
            return _used(token, frozenset(row[-1]), now) if _holds(token, now) else None
    return None


def _rights_asked() -> list[str]:
    return sorted({right for scope in known_scopes.known().values() for right in scope.permissions})


def _holds(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is None and now < token.expiry and token.user.is_active


def _used(token: ApiToken, rights: frozenset[str], now: datetime) -> Shown:
    if token.last_used_at is None or token.last_used_at + USE <= now:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return Shown(token, rights)
