"""A variant's words, compiled: checked once, kept in the process, filled in many times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from django.utils.translation import gettext as _

from content import mjml, variables
from content.templates import BadTemplate, Template, parse
from members.vocabulary import Channel


class Words(Protocol):
    """What a variant says, and where."""

    channel: str
    language: str
    subject: str
    mjml: str
    text: str


@dataclass(frozen=True)
class Compiled:
    """The templates of a variant; subject and html are None where the channel or the variant has none."""

    subject: Template | None
    text: Template
    html: Template | None

    @property
    def parts(self) -> list[Template]:
        """The templates that there are."""
        return [part for part in (self.subject, self.text, self.html) if part]


def compiled(words: Words) -> Compiled:
    """Return the templates of a variant, which are kept until 256 others were used. Raises BadTemplate."""
    return _compiled(words.channel, words.language, words.subject, words.mjml, words.text)


def check(words: Words) -> None:
    """Raise BadTemplate, with the place, unless the variant can be sent as it stands.

    It is also filled in once with examples: some mistakes, such as a relative address, show only then.
    """
    for part in compiled(words).parts:
        part.render(variables.examples())


# The words themselves are the key: an edited variant is another entry, in every process, without anyone telling them.
@lru_cache(maxsize=256)
def _compiled(channel: str, language: str, subject: str, layout: str, text: str) -> Compiled:
    if not text.strip():
        raise BadTemplate("text", _("it is empty; every variant has a text, also the one of an e-mail with a layout."))
    if channel != Channel.EMAIL:
        for field, value in (("subject", subject), ("mjml", layout)):
            if value.strip():
                raise BadTemplate(field, _("only an e-mail has one; leave it empty for this channel."))
        return Compiled(None, parse("text", text), None)
    if not subject.strip():
        raise BadTemplate("subject", _("it is empty; every e-mail has one."))
    return Compiled(
        parse("subject", subject), parse("text", text), _layout(layout, language) if layout.strip() else None
    )


def _layout(source: str, language: str) -> Template:
    parse("mjml", source)  # for lines as the marketer sees them; those of the HTML are others
    return parse("mjml", mjml.compiled(source, language), html=True)
