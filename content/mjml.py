"""MJML to HTML, once a variant: the Liquid in it is put aside, the layout is compiled, the Liquid is put back."""

from __future__ import annotations

import re
from difflib import get_close_matches
from html.parser import HTMLParser

import mrml
from django.utils.translation import gettext as _

from content.templates import BadTemplate, line_at

ELEMENTS = frozenset(
    f"mj-{name}"
    for name in (
        *("accordion", "accordion-element", "accordion-text", "accordion-title", "all", "attributes", "body"),
        *("breakpoint", "button", "carousel", "carousel-image", "class", "column", "divider", "font", "group", "head"),
        *("hero", "image", "navbar", "navbar-link", "preview", "raw", "section", "social", "social-element", "spacer"),
        *("style", "table", "text", "title", "wrapper"),
    )
)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
# Liquid, with all that a comment or raw block holds.
_LIQUID = re.compile(r"\{%-?\s*(comment|raw)\b.*?%\}.*?\{%-?\s*end\1\b.*?%\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_ELEMENT = re.compile(r"</?(mj-[\w-]+)", re.IGNORECASE)
_START_TAG = re.compile(r"""<[\w:-]+(\s+[\w:.-]+(\s*=\s*("[^"]*"|'[^']*'))?)*\s*/?>""")
_NO_TAG = re.compile(r"<(?![A-Za-z/!])")
_VALUE = re.compile(r"""=("[^"<>]*"|'[^'<>]*')""")
_AWKWARD = re.compile(r"""["\\]|[^ -~]""")
# Fonts only where an mj-font names them: by default each mail would tell Google who opened it.
_OPTIONS = mrml.RenderOptions(fonts={})


def compiled(source: str, language: str) -> str:
    """Return the HTML of a layout as a Liquid template. Raises BadTemplate with a sentence and the line."""
    masked = _LIQUID.sub(lambda found: re.sub(r"[^\n]", "x", found[0]), source)
    _refuse_foreign(masked)
    _refuse_unbalanced(masked)
    pieces = [found[0] for found in _LIQUID.finditer(source)]
    mark = _unused_mark(source)
    numbers = iter(range(len(pieces)))
    aside = _LIQUID.sub(lambda _found: f"{mark}{next(numbers)}{mark}", source)
    try:
        html = mrml.to_html(_VALUE.sub(_plain_value, aside), None, _OPTIONS).content
    except OSError as error:
        raise BadTemplate("mjml", _unread(str(error))) from error
    kept = re.compile(f"{mark}(\\d+){mark}")
    _refuse_lost(source, {int(found[1]) for found in kept.finditer(html)})
    html = html.replace('lang="und"', f'lang="{language}"')
    # mrml writes one endless line, and longer ones than SMTP carries cost each mail an encoding.
    html = html.replace(' style="', '\nstyle="')
    return kept.sub(lambda found: pieces[int(found[1])], html)


def _unused_mark(source: str) -> str:
    """Return letters that occur nowhere in the source; MJML hands them through wherever text or values may stand."""
    mark = "qz"
    while mark in source:
        mark += "z"
    return mark


def _plain_value(found: re.Match[str]) -> str:
    """Return a value that mrml writes as it was: it gives quotes, backslashes and some characters Rust's escapes."""
    return '="{}"'.format(_AWKWARD.sub(lambda awkward: f"&#{ord(awkward[0])};", found[1][1:-1]))


def _refuse_foreign(masked: str) -> None:
    for found in _ELEMENT.finditer(masked):
        name = found[1].lower()
        if name == "mj-include":
            problem = _(
                "mj-include is not supported, since a variant holds its whole layout; put the layout itself here."
            )
        elif name not in ELEMENTS:
            near = get_close_matches(name, ELEMENTS, n=1)
            hint = _("did you mean %(name)s?") % {"name": near[0]} if near else _("MJML has none of that name.")
            problem = _("there is no element %(name)s; %(hint)s") % {"name": name, "hint": hint}
        else:
            continue
        raise BadTemplate("mjml", problem, line_at(masked, found.start()))


def _refuse_lost(source: str, kept: set[int]) -> None:
    """Raise BadTemplate where MJML dropped Liquid: a loop or condition would lose an end, a variable its place."""
    for number, piece in enumerate(_LIQUID.finditer(source)):
        if number not in kept:
            problem = _("%(liquid)s does not get into the mail from where it stands; put it into an mj-text or mj-raw.")
            raise BadTemplate("mjml", problem % {"liquid": piece[0]}, line_at(source, piece.start()))


def _refuse_unbalanced(masked: str) -> None:
    """Raise BadTemplate for what mrml refuses without naming the place, or takes and mends in its own way."""
    if not re.fullmatch(r"\s*<mjml\b.*</mjml>\s*", masked, re.DOTALL):
        raise BadTemplate("mjml", _("a layout starts with <mjml> and ends with </mjml>."))
    if "<mj-body" not in masked:
        raise BadTemplate("mjml", _("there is no <mj-body>; a layout is <mjml><mj-body>…</mj-body></mjml>."))
    if found := _NO_TAG.search(masked):
        raise BadTemplate("mjml", _("a < that starts no tag is written &lt;."), line_at(masked, found.start()))
    reader = _Reader()
    reader.feed(masked)
    problem, line = reader.finding()
    if problem:
        raise BadTemplate("mjml", problem, line)


def _unread(words: str) -> str:
    # The position that follows counts bytes of what was handed to mrml, which nobody sees.
    return _("it cannot be read: %(words)s.") % {"words": words.partition(" in root template")[0]}


class _Reader(HTMLParser):
    """Finds the first tag that is not closed, not opened, or has attributes that XML does not have."""

    def __init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, int]] = []
        self._problem = ""
        self._line: int | None = None

    def finding(self) -> tuple[str, int | None]:
        """Return the problem and its line after everything is fed; an empty problem if none was found."""
        if self._open:
            self._note(_("<%(tag)s> is never closed.") % {"tag": self._open[-1][0]}, self._open[-1][1])
        return self._problem, self._line

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = self.get_starttag_text() or ""
        if not _START_TAG.fullmatch(text):
            self._note(_('the attributes of <%(tag)s> must look like name="value".') % {"tag": tag}, self.getpos()[0])
        if tag not in _VOID:
            self._open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open:
            self._note(_("</%(tag)s> closes nothing.") % {"tag": tag}, self.getpos()[0])
            return
        name, line = self._open.pop()
        if name != tag:
            words = {"tag": name, "line": line, "other": tag}
            self._note(_("</%(other)s> comes before <%(tag)s> of line %(line)d is closed.") % words, self.getpos()[0])

    def _note(self, problem: str, line: int) -> None:
        if not self._problem:
            self._problem, self._line = problem, line
