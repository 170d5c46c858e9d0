"""The text form of a definition: YAML without its traps, the same mapping as the stored definition.

Words such as `no` or `10:30` stay texts (YAML 1.1 would make a truth value and the number 630 of them), a key may not
stand twice in a mapping, and there are no anchors: what is written is what is meant, once.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml
from django.utils.translation import gettext as _

from journeys.definition.errors import BadDefinition


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # the base class's know too much

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: a text that repeats itself by reference cannot be read line by line."""
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()  # type: ignore[no-untyped-call]
            raise _Refused(_("references such as `*{name}` are not used here.").format(name=event.anchor), event)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping and refuse a key that is no text, or that stands in it twice."""
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                raise _Refused(_("a key must be a text."), key)
            if key.value in seen:
                sentence = _("the key `{key}` stands twice in one mapping; keep one.").format(key=key.value)
                raise _Refused(sentence, key)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


# Every form is one that the writer's YAML 1.1 resolver knows as well, so that what must stay a text is written quoted.
_FORMS = {
    "bool": (r"true|false", ["t", "f"]),
    "null": (r"null|~|", ["n", "~", ""]),
    "int": (r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    "float": (r"-?[0-9]+\.[0-9]+([eE][-+][0-9]+)?", list("-0123456789")),
}
for _kind, (_form, _first) in _FORMS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_form})$"), _first)


class _Refused(yaml.YAMLError):
    def __init__(self, sentence: str, found: Any) -> None:
        super().__init__(sentence)
        self.line = found.start_mark.line + 1


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists under their key: it reads as a tree."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        """Write what stands twice twice."""
        return True


def parse(text: str) -> Any:
    """Return what a YAML text says, in its order. Raises BadDefinition with the line."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader with fewer types
    except _Refused as error:
        raise BadDefinition(_line(error.line), str(error)) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadDefinition(_line(line), _("this is not YAML: {why}.").format(why=error.problem)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadDefinition("", _("this is not YAML: {why}").format(why=" ".join(str(error).split()))) from error
    except RecursionError as error:
        raise BadDefinition("", _("this is nested too deeply.")) from error


def _line(number: int) -> str:
    return _("line {number}").format(number=number)


def dump(value: Any) -> str:
    """Return a value as YAML in block style, in its own order."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=100_000
    )
