"""What can be done with a content on its page. Upper layers register more, such as sending a test to oneself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse

from content.models import Content
from members.admin.base import HouseAdmin

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

View = Callable[[HouseAdmin[Content], HttpRequest, Content, datetime], HttpResponse]


@dataclass(frozen=True)
class ContentAction:
    """A button on the page of a content, for those with `permission`, such as channels.add_message.

    `view(screen, request, content, now)` answers at the address admin:content_content_do with the content's id and
    `key`: a GET shows what will be done, a POST does it. `screen.page` frames a page, `screen.back` returns to the
    content's with a sentence.
    """

    key: str
    title: StrOrPromise
    permission: str
    view: View


_actions: dict[str, ContentAction] = {}


def register(*actions: ContentAction) -> None:
    """Add actions; one with the same key takes the place of the first. For AppConfig.ready or an admin package."""
    for action in actions:
        _actions[action.key] = action


def allowed(request: HttpRequest) -> list[ContentAction]:
    """Return the actions that whoever asks may use, in the order in which they were registered."""
    return [action for action in _actions.values() if request.user.has_perm(action.permission)]
