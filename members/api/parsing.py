"""Bodies: JSON in UTF-8 of a bounded size, without what JSON has no word for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from members.api.problems import Kind, Problem

CHUNK = 1 << 16
# So much of a body that is too large is read and thrown away: most clients read no answer before they have sent all.
PATIENCE = 64 << 20


class JsonParser(BaseParser):
    """Reads a body of at most `largest_body` bytes of the view. Raises Problem."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return what the JSON says."""
        largest = parser_context["view"].largest_body if parser_context else CHUNK
        body = stream.read(largest + 1)
        if len(body) > largest:
            _drain(stream)
            sentence = _("The body is larger than %(most)d bytes; send it in parts.")
            raise Problem(Kind.TOO_LARGE, sentence % {"most": largest})
        return decoded(body)


def decoded(body: bytes) -> Any:
    """Return what a JSON text in UTF-8 says. Raises Problem."""
    if not body.strip():
        raise Problem(Kind.NOT_READABLE, _("The body is empty; send JSON, with its length in Content-Length."))
    try:
        return json.loads(body.decode(), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise Problem(Kind.NOT_READABLE, _("The body is no UTF-8.")) from error
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno, "problem": error.msg}
        sentence = _("Line %(line)d, column %(column)d is not JSON: %(problem)s.") % place
        raise Problem(Kind.NOT_READABLE, sentence) from error
    except RecursionError as error:
        raise Problem(Kind.NOT_READABLE, _("The body is nested too deep.")) from error
    except ValueError as error:
        # Python refuses to read integers of thousands of digits.
        raise Problem(Kind.NOT_READABLE, _("The body holds a number that is too long.")) from error


def _no_number(word: str) -> NoReturn:
    raise Problem(Kind.NOT_READABLE, _("%(word)s is no JSON number.") % {"word": word})


def _drain(stream: IO[Any]) -> None:
    left = PATIENCE
    while left > 0 and (chunk := stream.read(CHUNK)):
        left -= len(chunk)
