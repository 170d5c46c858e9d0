"""Liquid for messages: parsed strictly, every variable and filter known, or refused with a sentence and the line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from liquid import Environment, StrictUndefined
from liquid.exceptions import LiquidError, UndefinedError
from liquid.static_analysis import TemplateAnalysis
from liquid.template import BoundTemplate

from content import filters, variables

# Without `include` and `render`, which load files.
TAGS = ("assign", "break", "capture", "case", "comment", "continue", "cycle", "echo", "for", "if", "raw", "unless")
_NODES = ("content", "output", "illegal")  # how python-liquid names what is no tag
PIECE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_TAG_NAME = re.compile(r"\{%-?\s*(\w+)")
_BLOCKS = ("case", "comment", "capture", "for", "if", "raw", "unless")


# What Liquid's filters let through when they are given values that they were not made for, such as an infinite number.
_BROKEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class BadTemplate(Exception):
    """A template that cannot be used. `field` is subject, mjml or text; the message is one sentence with the place."""

    def __init__(self, field: str, problem: str, line: int | None = None) -> None:
        self.field = field
        self.line = line
        names = {"subject": _("Subject"), "mjml": "MJML", "text": _("Text")}
        place = names.get(field, field)
        where = _("%(place)s, line %(line)d") % {"place": place, "line": line} if line else place
        super().__init__(f"{where}: {problem}")


class _Liquid(Environment):
    """What a template can cost is bounded: the words of a message need neither long loops nor megabytes."""

    loop_iteration_limit = 1_000
    local_namespace_limit = 1_000_000
    output_stream_limit = 1_000_000

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=autoescape)
        self.tags = {name: tag for name, tag in self.tags.items() if name in (*TAGS, *_NODES)}
        filters.install(self)


_TEXT = _Liquid(autoescape=False)
_HTML = _Liquid(autoescape=True)


@dataclass(frozen=True)
class Template:
    """A template that has been checked; `names` are the variables that it uses, such as member.first_name."""

    field: str
    bound: BoundTemplate
    names: frozenset[str]

    @property
    def needs_offer(self) -> bool:
        """Whether it cannot do without an offer: it speaks of one and does not ask `{% if offer %}`."""
        return self._needs("offer")

    @property
    def needs_letter(self) -> bool:
        """Whether it cannot do without a letter that a rep wrote."""
        return self._needs("letter")

    def _needs(self, group: str) -> bool:
        return group not in self.names and any(name.startswith(f"{group}.") for name in self.names)

    def render(self, facts: Mapping[str, Any]) -> str:
        """Return the text for one member. Raises BadTemplate if the facts lack what it needs."""
        try:
            return self.bound.render(facts)
        except LiquidError as error:
            raise BadTemplate(self.field, _sentence(error), _line(error)) from error
        except _BROKEN as error:
            problem = _("it cannot be filled in: %(error)s.") % {"error": f"{type(error).__name__}: {error}"}
            raise BadTemplate(self.field, problem) from error


def parse(field: str, source: str, *, html: bool = False) -> Template:
    """Return the checked template of a source. With `html`, what is filled in is escaped. Raises BadTemplate."""
    try:
        bound = (_HTML if html else _TEXT).from_string(source)
    except LiquidError as error:
        raise BadTemplate(field, _sentence(error), _line(error) or _line_of_broken_piece(source)) from error
    found = bound.analyze(include_partials=False)
    _refuse_unknown(field, source, found)
    paths = [variable.segments for listed in found.globals.values() for variable in listed]
    return Template(field, bound, frozenset(".".join(map(str, path)) for path in paths))


def _refuse_unknown(field: str, source: str, found: TemplateAnalysis) -> None:
    """Raise BadTemplate for the first variable or filter that does not exist, with the nearest that does."""
    for used in sorted((one for listed in found.globals.values() for one in listed), key=lambda one: one.span.index):
        if not variables.is_known(used.segments):
            problem = _("there is no variable %(name)s") % {"name": used}
            raise BadTemplate(field, problem + _hint(variables.nearest(str(used))), line_at(source, used.span.index))
    for name, spans in found.filters.items():
        if name not in filters.NAMES:
            problem = _("there is no filter %(name)s") % {"name": name}
            raise BadTemplate(field, problem + _hint(filters.nearest(name)), line_at(source, spans[0].index))


def _hint(nearest: str) -> str:
    if not nearest:
        return _("; docs/content.md lists what there is.")
    return _("; did you mean %(name)s?") % {"name": nearest}


def line_at(source: str, index: int) -> int:
    """Return the number of the line, from 1, in which the character at `index` stands."""
    return source.count("\n", 0, index) + 1


def _sentence(error: LiquidError) -> str:
    """Return what Liquid says as a sentence, in our words where its own do not help."""
    problem = str(error.message)
    if isinstance(error, UndefinedError):
        name = problem.removesuffix(" is undefined").strip("'")
        return _("there is no %(name)s for this member.") % {"name": name}
    if unclosed := re.match(r"expected tag end(\w+)", problem):
        return _("{%% %(tag)s %%} needs an {%% end%(tag)s %%}.") % {"tag": unclosed[1]}
    return f"{problem}."


def _line(error: LiquidError) -> int | None:
    if error.token is None or error.token.start_index < 0:
        return None
    return line_at(error.token.source, error.token.start_index)


def _line_of_broken_piece(source: str) -> int | None:
    """Return the line of what is wrong where Liquid does not say: a piece that is broken by itself, or never closed."""
    opened: list[tuple[str, int]] = []
    for piece in PIECE.finditer(source):
        name = (_TAG_NAME.match(piece[0]) or [""] * 2)[1]
        line = line_at(source, piece.start())
        if name in _BLOCKS:
            opened.append((name, line))
        elif name.startswith("end") and opened:
            opened.pop()
        if not name or name in TAGS:
            closing = f"{{% end{name} %}}" if name in _BLOCKS else ""
            if not _parses(piece[0] + closing):
                return line
    return opened[-1][1] if opened else None


def _parses(source: str) -> bool:
    try:
        _TEXT.from_string(source)
    except LiquidError:
        return False
    return True
