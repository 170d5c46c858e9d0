"""Who may what: the one table of every address, by pattern, for everybody who walks.

A key is a pattern of the resolver, or a method and a pattern where methods differ. A new address without a line here
fails the walk. Reps and clerks never open the admin, so its screens name those who are staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config import roles
from tests.walk.there import NOBODY, OF_A_PLACE, OF_SUBSCRIPTIONS, STRANGER, WALKERS

Who = frozenset[str]


def who(*names: str) -> Who:
    """Some of those who walk; a role stands for whoever is at home."""
    return frozenset(names)


NONE = who()
MARKETER, MANAGER, ADMIN = who("Marketer"), who("Manager"), who("Administrator")
REP, CLERK = who("Sales rep"), who("Store clerk")
OTHER_REP, OTHER_CLERK, OTHER_MANAGER = (who(f"{STRANGER}: {role}") for role in OF_A_PLACE)
EVERYBODY = who(*WALKERS)
SIGNED_IN = EVERYBODY - {NOBODY}
STAFF = MARKETER | MANAGER | OTHER_MANAGER | ADMIN
DRAWS = MARKETER | ADMIN
LEADS = MANAGER | OTHER_MANAGER | ADMIN
REPS, CLERKS, MANAGERS = REP | OTHER_REP, CLERK | OTHER_CLERK, MANAGER | OTHER_MANAGER
AT_THE_COUNTER, AT_THE_CONTACTS = CLERKS | MANAGERS | ADMIN, REPS | MANAGERS | ADMIN
AT_THE_DESK = AT_THE_COUNTER | AT_THE_CONTACTS
FOLLOWS_UP = REP | MANAGER | ADMIN  # of the team


@dataclass(frozen=True)
class Screen:
    """A model in the admin: who sees it, adds to it, changes it, deletes from it; `extra` has its other pages."""

    view: Who
    add: Who = NONE
    change: Who = NONE
    delete: Who = NONE
    listed: Who | None = None  # whose list is opened or leads somewhere, where it is not those who see it


SCREENS: Mapping[str, Screen] = {
    "members/member": Screen(STAFF),
    "members/consent": Screen(STAFF, add=LEADS),
    "members/suppression": Screen(STAFF, add=ADMIN),
    "members/segment": Screen(STAFF, DRAWS, DRAWS, DRAWS),
    # One row, whose list is its page.
    "members/standingpolicy": Screen(DRAWS, change=ADMIN, listed=STAFF),
    "members/store": Screen(STAFF, ADMIN, LEADS, ADMIN),
    "members/zone": Screen(DRAWS),
    "members/user": Screen(LEADS, ADMIN, ADMIN, ADMIN),
    "members/auditentry": Screen(LEADS),
    # Everybody has tokens of their own; that of somebody else is not there.
    "members/apitoken": Screen(ADMIN, add=STAFF, listed=STAFF),
    "auth/group": Screen(ADMIN, ADMIN, ADMIN, ADMIN),
    "django_celery_beat/periodictask": Screen(ADMIN, change=ADMIN),
    "django_celery_beat/intervalschedule": Screen(ADMIN, ADMIN, ADMIN, ADMIN),
    "django_celery_beat/crontabschedule": Screen(ADMIN, ADMIN, ADMIN, ADMIN),
    "content/content": Screen(STAFF, DRAWS, DRAWS, DRAWS),
    "content/variant": Screen(STAFF, DRAWS, DRAWS, DRAWS),
    "content/offer": Screen(STAFF, DRAWS, DRAWS, DRAWS),
    "content/grant": Screen(STAFF),
    "content/redemption": Screen(STAFF),
    "channels/message": Screen(STAFF),
    "channels/followup": Screen(STAFF, change=LEADS),
    "channels/handoff": Screen(STAFF),
    "channels/receipt": Screen(STAFF),
    "channels/sender": Screen(STAFF, ADMIN, ADMIN, ADMIN),
    "channels/team": Screen(STAFF, ADMIN, LEADS, ADMIN),
    "channels/quiethours": Screen(STAFF, ADMIN, ADMIN, ADMIN),
    "channels/pressurepolicy": Screen(STAFF, ADMIN, ADMIN, ADMIN),
    "journeys/holdoutpolicy": Screen(STAFF, change=ADMIN, listed=STAFF),
    "channels/hold": Screen(STAFF, add=DRAWS, delete=DRAWS),
    "journeys/journey": Screen(STAFF, DRAWS, DRAWS),
    "journeys/version": Screen(STAFF),
    "journeys/enrollment": Screen(STAFF),
}
OBJECT = "<path:object_id>/"
ADMIN_PAGES: Mapping[str, Who] = {
    "admin/": STAFF,
    "admin/search/": STAFF,
    "admin/jsi18n/": STAFF,
    "GET admin/autocomplete/": NONE,  # without saying for which field
    "POST admin/autocomplete/": STAFF,
    "admin/login/": NONE,
    "admin/r/<path:content_type_id>/<path:object_id>/": NONE,  # nothing here has a page of its own outside
    "admin/(?P<url>.*)$": NONE,
    # Pages that only show, whatever is posted.
    **{f"POST admin/{model}/{OBJECT}change/": STAFF for model in ("members/member", "channels/message")},
    f"POST admin/members/auditentry/{OBJECT}change/": LEADS,
    "admin/password_change/": EVERYBODY,  # lead to those of the account
    "admin/password_change/done/": EVERYBODY,
    f"admin/members/suppression/{OBJECT}lift/": ADMIN,
    "GET admin/members/segment/count/": NONE,
    "POST admin/members/segment/count/": STAFF,
    f"admin/members/segment/{OBJECT}why/": STAFF,
    f"admin/members/segment/{OBJECT}refresh/": DRAWS,
    f"admin/members/segment/{OBJECT}export/": DRAWS,
    f"admin/members/apitoken/{OBJECT}revoke/": ADMIN,
    "admin/members/user/<id>/password/": ADMIN,
    f"admin/members/user/{OBJECT}reset_second_factor/": ADMIN,
    f"admin/content/content/{OBJECT}preview/": STAFF,
    f"admin/content/content/{OBJECT}do/<slug:key>/": DRAWS,
    f"admin/content/grant/{OBJECT}withdraw/": LEADS,
    f"admin/channels/message/{OBJECT}cancel/": ADMIN,
    **{f"admin/channels/sender/{OBJECT}{deed}/": ADMIN for deed in OF_SUBSCRIPTIONS},
    "admin/journeys/journey/playbooks/": DRAWS,
    "admin/journeys/journey/why/": STAFF,
    f"admin/journeys/journey/{OBJECT}why/": STAFF,
    "admin/journeys/journey/<int:object_id>/numbers/": STAFF,
    "admin/journeys/journey/<int:object_id>/live/": STAFF,
    **{
        f"admin/journeys/journey/{OBJECT}{deed}/": DRAWS
        for deed in ("publish", "roll_back", "pause", "resume", "release", "stop")
    },
    "admin/journeys/journey/<int:object_id>/reopen/<slug:step>/": DRAWS,
}
ACCOUNT: Mapping[str, Who] = {
    "": STAFF | AT_THE_DESK,  # those for whom a door opens
    "login/": EVERYBODY,
    "login/code/": SIGNED_IN,
    "account/": SIGNED_IN,
    "account/password/": SIGNED_IN,
    "account/second-factor/": SIGNED_IN,
    "account/second-factor/codes/": SIGNED_IN,
    "account/second-factor/another/": SIGNED_IN,
    "account/second-factor/remove/": SIGNED_IN,
}
HOME: Mapping[str, Who] = {"home/alarms/": STAFF, "home/<slug:key>/": STAFF}
_OFFER = "counter/members/<uuid:member>/offers/<uuid:grant>/"
COUNTER: Mapping[str, Who] = {
    "counter/": AT_THE_COUNTER,
    "counter/find/": AT_THE_COUNTER,
    "GET counter/store/": AT_THE_COUNTER,
    # Who belongs to a store has no other to choose.
    "POST counter/store/": AT_THE_COUNTER,
    "counter/expected/": AT_THE_COUNTER,
    "counter/live/": AT_THE_COUNTER,
    "GET counter/hand-offs/<uuid:hand_off>/<slug:how>/": AT_THE_COUNTER,  # leads to the counter
    # Only the store itself says how a visit ended.
    "POST counter/hand-offs/<uuid:hand_off>/<slug:how>/": CLERK | MANAGER,
    **{f"counter/members/<uuid:member>/{page}": AT_THE_COUNTER for page in ("", "live/", "present/", "care/")},
    **{f"{_OFFER}{deed}/": AT_THE_COUNTER for deed in ("redeem", "undo", "decline")},
    **{f"counter/members/<uuid:member>/{deed}/": AT_THE_COUNTER for deed in ("call", "phone", "consent")},
}
# Addresses that members and carriers are given: whoever has the whole of one may use it.
GIVEN: Mapping[str, Who] = {
    "l/<str:token>": EVERYBODY,
    "o/<str:token>/": EVERYBODY,
    "o/<str:token>/code.png": EVERYBODY,
    "u/<str:token>": EVERYBODY,
}
_FOLLOW_UP, _OF_MEMBER = "contacts/follow-ups/<uuid:follow_up>/", "contacts/members/<uuid:member>/"
CONTACTS: Mapping[str, Who] = {
    **{f"contacts/{page}": AT_THE_CONTACTS for page in ("", "work/", "more/", "live/", "search/")},
    # What another team has is not there.
    **{f"{_FOLLOW_UP}{page}": FOLLOWS_UP for page in ("", "state/", "live/", "take/", "give-back/", "hand-over/")},
    **{f"{_OF_MEMBER}{page}": AT_THE_CONTACTS for page in ("", "present/", "history/", "live/", "why/")},
    **{f"{_OF_MEMBER}{deed}/": AT_THE_CONTACTS for deed in ("call", "note", "consent", "write", "hand-over")},
    f"{_OF_MEMBER}offers/<uuid:grant>/send/": AT_THE_CONTACTS,
    "contacts/messages/<uuid:message>/mail/": AT_THE_CONTACTS,
    **{f"contacts/hand-offs/<uuid:hand_off>/{deed}/": FOLLOWS_UP for deed in ("seen", "call-off")},
}
# By session; what tokens may do besides, the walk of the tokens says.
_V1 = "api/v1/"
_LIMITS = [f"{limits}/{page}" for limits in ("pressure-policies", "quiet-hours") for page in ("", "<int:number>/")]
API: Mapping[str, Who] = {
    "api/schema/": EVERYBODY,
    "api/docs/": EVERYBODY,
    # members:write, facts:write, consents:write
    **{f"POST {_V1}{facts}/": ADMIN for facts in ("members", "events", "purchases", "points")},
    f"POST {_V1}consents/": AT_THE_DESK,
    # members:read, consents:read, timeline:read, offers:read
    f"GET {_V1}members/": STAFF | AT_THE_DESK,
    f"{_V1}members/<uuid:public_id>/": STAFF | AT_THE_DESK,
    f"{_V1}members/<uuid:public_id>/consents/": STAFF | REPS,
    f"{_V1}members/<uuid:public_id>/timeline/": STAFF | AT_THE_DESK,
    f"{_V1}members/<uuid:public_id>/offers/": STAFF | AT_THE_DESK,
    # segments:read, segments:export
    f"{_V1}segments/": STAFF,
    f"{_V1}segments/<slug:key>/": STAFF,
    f"{_V1}segments/<slug:key>/count/": STAFF,
    f"{_V1}rules/count/": STAFF,
    f"{_V1}segments/<slug:key>/members/": DRAWS,
    # offers:read, offers:redeem, offers:decline
    f"{_V1}grants/": STAFF | AT_THE_DESK,
    f"{_V1}grants/<uuid:public_id>/": STAFF | AT_THE_DESK,
    f"{_V1}grants/<uuid:public_id>/undo/": AT_THE_COUNTER,
    f"{_V1}redemptions/": AT_THE_COUNTER,
    f"{_V1}grants/<uuid:public_id>/decline/": AT_THE_DESK,
    # messages:read, journeys:read
    f"{_V1}messages/": STAFF | REPS,
    f"{_V1}messages/<uuid:public_id>/": STAFF | REPS,
    f"{_V1}messages/<uuid:public_id>/why/": STAFF | REPS,
    f"{_V1}members/<uuid:public_id>/why/": STAFF | REPS,
    f"{_V1}journeys/<slug:key>/messages/": STAFF | REPS,
    **{f"{_V1}journeys/{page}": STAFF for page in ("", "<slug:key>/", "<slug:key>/draft/", "<slug:key>/plan/")},
    # journeys:publish, journeys:enter
    **{
        f"{_V1}journeys/<slug:key>/{deed}/": DRAWS
        for deed in ("publish", "pause", "resume", "release", "stop", "entries")
    },
    f"{_V1}journeys/<slug:key>/steps/<slug:step>/reopen/": DRAWS,
    # limits:read, limits:write
    **{f"GET {_V1}{page}": STAFF for page in _LIMITS},
    **{f"{method} {_V1}{page}": ADMIN for page in _LIMITS for method in ("POST", "PATCH", "DELETE")},
    # subscriptions:read, subscriptions:write
    **{f"GET {_V1}subscriptions/{page}": STAFF for page in ("", "<uuid:public_id>/")},
    f"POST {_V1}subscriptions/": ADMIN,
    **{f"{method} {_V1}subscriptions/<uuid:public_id>/": ADMIN for method in ("PATCH", "DELETE")},
    **{f"{_V1}subscriptions/<uuid:public_id>/{deed}/": ADMIN for deed in ("secret", "retire-secret", "try")},
    # follow_ups:read, follow_ups:write, hand_offs:read, hand_offs:write, hand_offs:end
    f"{_V1}follow-ups/": STAFF | REPS,
    f"{_V1}follow-ups/<uuid:public_id>/": FOLLOWS_UP,
    f"{_V1}follow-ups/<uuid:public_id>/contacts/": FOLLOWS_UP,
    f"{_V1}follow-ups/<uuid:public_id>/hand-off/": FOLLOWS_UP,
    f"{_V1}hand-offs/": STAFF | AT_THE_DESK,
    f"{_V1}hand-offs/<uuid:public_id>/": FOLLOWS_UP | CLERK,
    f"{_V1}hand-offs/<uuid:public_id>/end/": FOLLOWS_UP | CLERK,
}


# What everybody is answered, whoever they are.
ANSWERS: Mapping[str, str] = {
    "admin/logout/": "signs in",
    "logout/": "signs in",
    "hooks/<str:token>/": "403",  # nothing in the call proves that the carrier makes it
    "^api/": "404",  # what is not there
    # Probes say whether it works and nothing else; metrics are for whoever has their token.
    "healthz": "in",
    "readyz": "in",
    "metrics": "404",
}
# Who is told that there is nothing, where others are refused.
NOT_THERE: Mapping[str, Who] = {
    "admin/r/<path:content_type_id>/<path:object_id>/": STAFF,
    "admin/(?P<url>.*)$": STAFF,
    # The token of somebody else, and a kind of trying that is not theirs.
    f"GET admin/members/apitoken/{OBJECT}change/": STAFF,
    **{f"admin/members/apitoken/{OBJECT}{page}/": STAFF for page in ("history", "revoke")},
    f"admin/content/content/{OBJECT}do/<slug:key>/": LEADS,
    # Who belongs to no store or team.
    "counter/hand-offs/<uuid:hand_off>/<slug:how>/": ADMIN,
    "api/v1/follow-ups/<uuid:public_id>/": MARKETER,
    "api/v1/hand-offs/<uuid:public_id>/": MARKETER,
}


def _pages(model: str, screen: Screen) -> dict[str, Who]:
    base = f"admin/{model}/"
    return {
        base: screen.view if screen.listed is None else screen.listed,
        f"{base}add/": screen.add,
        f"{base}{OBJECT}history/": screen.view,
        f"{base}{OBJECT}delete/": screen.delete,
        f"GET {base}{OBJECT}change/": screen.view,
        f"POST {base}{OBJECT}change/": screen.change,
        f"{base}{OBJECT}": STAFF,  # leads to the page, which then refuses
    }


_TABLE: dict[str, Who] = {**ADMIN_PAGES, **ACCOUNT, **HOME, **COUNTER, **CONTACTS, **GIVEN, **API}
for _model, _screen in SCREENS.items():
    _TABLE |= {page: people for page, people in _pages(_model, _screen).items() if page not in _TABLE}


def allowed(method: str, pattern: str) -> Who | None:
    """Return who gets in by this method, None where the table does not say."""
    if pattern.startswith("admin/^(?P<app_label>"):
        return STAFF  # the index of an app names no more than what is theirs to see
    if pattern in ANSWERS:
        return NONE
    return _line(_TABLE, method, pattern)


def answered(name: str, method: str, pattern: str) -> str:
    """Return what somebody is answered: nobody is led to sign in, and nobody learns of what another place has."""
    at_home = name.removeprefix(f"{STRANGER}: ")
    let_in, unseen = allowed(method, pattern) or NONE, _line(NOT_THERE, method, pattern) or NONE
    if name in let_in or pattern in ANSWERS:
        return ANSWERS.get(pattern, "in")
    if name == NOBODY:
        return "401" if pattern.startswith("api/") else "signs in"
    if pattern.startswith("admin/") and at_home not in roles.STAFF and pattern != "admin/login/":
        return "signs in"  # and is refused there
    return "404" if at_home in let_in or name in unseen else "403"


def _line(table: Mapping[str, Who], method: str, pattern: str) -> Who | None:
    return table.get(f"{method} {pattern}", table.get(pattern))


def lines() -> set[str]:
    """Return the patterns of all lines, for whoever looks for those that lead nowhere any more."""
    every = (*_TABLE, *ANSWERS, *NOT_THERE)
    return {line.partition(" ")[2] if line.partition(" ")[0].isupper() else line for line in every}
