"""A rule in a form: JSON as people write it, refused with the place where it is wrong."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminTextareaWidget

from members.rules import BadRule, Rule, kinds, parse


class BadJson(ValueError):
    """A text cannot be read as JSON; the message is a sentence that says where or what."""


def read(text: str) -> Rule:
    """Return the rule that a text holds, its references checked. Raises BadJson and BadRule."""
    return parse(decoded(text)).check_references()


def decoded(text: str) -> Any:
    """Return what a JSON text says. Raises BadJson."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno, "problem": error.msg}
        raise BadJson(_("Line %(line)d, column %(column)d is not JSON: %(problem)s.") % place) from error
    except RecursionError as error:
        raise BadJson(_("The text is nested too deep to be read; draw levels together.")) from error
    except BadJson:
        raise
    except ValueError as error:  # Python reads no whole number of more than some thousand digits
        raise BadJson(_("The text holds a number too long to be read; write a shorter one.")) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, in which nothing stands twice: of two the first would be lost without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadJson(_("“%(name)s” stands twice in one object; join what both say.") % {"name": ascii(twice)[1:-1]})
    return found


def written(rule: Any, indent: str = "") -> str:
    """Return a rule as a text in which every question has a line of its own, its settings in their usual order."""
    if isinstance(rule, dict) and len(rule) == 1:
        [(word, inner)] = rule.items()
        if isinstance(inner, list) and inner and all(isinstance(node, dict) for node in inner):
            nodes = ",\n".join(f"{indent}  {written(node, indent + '  ')}" for node in inner)
            return f'{{"{word}": [\n{nodes}\n{indent}]}}'
        if isinstance(inner, dict) and word in kinds():
            settings = kinds()[word].settings
            rule = {
                word: dict(sorted(inner.items(), key=lambda one: settings.index(one[0]) if one[0] in settings else 99))
            }
    return json.dumps(rule, ensure_ascii=False)


class RuleField(forms.CharField):
    """Gives the JSON value of a rule that can be asked, and refuses others with one sentence that names the place."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"class": "ch-mono", "rows": 14, "spellcheck": "false", "autocapitalize": "off", "wrap": "off"}
        super().__init__(**{"widget": UnfoldAdminTextareaWidget(attrs), "strip": False, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit; what was typed stays as it was typed."""
        return value if isinstance(value, str) else written(value)

    def clean(self, value: Any) -> Any:
        """Return the JSON value. Raises ValidationError."""
        text = super().clean(value)
        try:
            read(text)
        except (BadJson, BadRule) as error:
            raise ValidationError(str(error)) from error
        return json.loads(text)
