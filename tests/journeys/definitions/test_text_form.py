"""The text form: what YAML says is what is meant, and what is wrong in it is told with the line."""

import pytest

from journeys import definitions
from journeys.definition import text
from journeys.definitions import BadDefinition


def refusal(source: str) -> str:
    with pytest.raises(BadDefinition) as caught:
        definitions.read(source)
    return str(caught.value)


def test_names_keep_the_order_of_the_file() -> None:
    assert list(definitions.read("steps: 1\nkey: 2\nname: 3\n")) == ["steps", "key", "name"]


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "10:30", "1_000", "0o7", "012", "2026-11-27", "1e5", ".5"])
def test_what_yaml_once_took_for_something_else_is_a_text(word: str) -> None:
    assert text.parse(f"at: {word}") == {"at": word}


@pytest.mark.parametrize(
    ("word", "value"),
    [("true", True), ("false", False), ("null", None), ("", None), ("-7", -7), ("0.25", 0.25), ('"1"', "1")],
)
def test_what_is_no_text(word: str, value: object) -> None:
    assert text.parse(f"at: {word}") == {"at": value}


def test_a_key_that_stands_twice() -> None:
    source = "key: a\nsteps:\n  - key: b\n    kind: exit\n    key: c\n"
    assert refusal(source) == "line 5: the key `key` stands twice in one mapping; keep one."


def test_a_key_that_is_no_text() -> None:
    assert refusal("steps:\n  1: a\n") == "line 2: a key must be a text."
    assert refusal("? [a]\n: b\n") == "line 1: a key must be a text."


def test_references_are_refused_before_they_multiply() -> None:
    assert refusal("a: &x [1]\nb: [*x, *x]\n") == "line 2: references such as `*x` are not used here."


def test_broken_yaml_names_the_line() -> None:
    assert refusal("key: a\nname: b: c\n") == "line 2: this is not YAML: mapping values are not allowed here."
    assert refusal("key: 'a\n").startswith("line 2: this is not YAML: found unexpected end of stream")


def test_tags_of_python_are_not_obeyed() -> None:
    assert refusal("a: !!python/object/apply:os.system [ls]\n").startswith("line 1: this is not YAML: could not")


def test_what_is_no_text_at_all() -> None:
    assert refusal("a: \x00\n").startswith("this is not YAML: ")
    assert refusal("[" * 5000) == "this is nested too deeply."


def test_a_list_is_no_journey() -> None:
    assert refusal("- key: a\n") == "A journey is a mapping of names to values."
