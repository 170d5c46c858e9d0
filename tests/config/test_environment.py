"""A setting that cannot be read is one sentence that names the variable and says what would be right."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment

Reader = Callable[[Environment], object]


@pytest.mark.parametrize(
    ("read", "value", "found"),
    [
        (lambda env: env.text("NAME", "default"), "  said ", "said"),
        (lambda env: env.text("NAME", "default"), "  ", "default"),
        (lambda env: env.yes("NAME", default=False), "Yes", True),
        (lambda env: env.yes("NAME", default=True), "0", False),
        (lambda env: env.whole("NAME", 8000, 1, 65535), "80", 80),
        (lambda env: env.path("NAME"), "/var/../etc", Path("/var/../etc")),
        (
            lambda env: env.hosts("NAME", []),
            "a.example, .b.example,127.0.0.1,[::1],*",
            ["a.example", ".b.example", "127.0.0.1", "[::1]", "*"],
        ),
        (lambda env: env.site("NAME", ""), "https://a.example:8443/", "https://a.example:8443"),
        (lambda env: env.zone("NAME", "UTC"), "Europe/Paris", "Europe/Paris"),
        (lambda env: env.currency("NAME", "EUR"), "USD", "USD"),
    ],
)
def test_a_good_value_is_read(read: Reader, value: str, found: object) -> None:
    assert read(Environment({"NAME": value})) == found


@pytest.mark.parametrize(
    ("read", "value", "right"),
    [
        (lambda env: env.yes("NAME", default=False), "maybe", "write yes or no"),
        (lambda env: env.whole("NAME", 1, 1, 9), "10", "write a whole number from 1 to 9"),
        (lambda env: env.whole("NAME", 1, 1, 9), "1.5", "write a whole number from 1 to 9"),
        (lambda env: env.whole("NAME", 1, 1, 9), "٣", "write a whole number from 1 to 9"),
        (lambda env: env.hosts("NAME", []), "https://a.example", "write host names alone"),
        (lambda env: env.hosts("NAME", []), "a.example:80", "write host names alone"),
        (lambda env: env.site("NAME", ""), "a.example", "such as https://chorale.example"),
        (lambda env: env.site("NAME", ""), "https://a.example/path", "such as https://chorale.example"),
        (lambda env: env.site("NAME", ""), "https://a.example:port", "such as https://chorale.example"),
        (lambda env: env.site("NAME", ""), "https://u:p@a.example", "such as https://chorale.example"),
        (lambda env: env.site("NAME", ""), "ftp://a.example", "such as https://chorale.example"),
        (lambda env: env.zone("NAME", "UTC"), "Europe/Atlantis", "such as Europe/Paris"),
        (lambda env: env.zone("NAME", "UTC"), "../../etc/passwd", "such as Europe/Paris"),
        (lambda env: env.zone("NAME", "UTC"), "Europe", "such as Europe/Paris"),
        (lambda env: env.currency("NAME", "EUR"), "euro", "such as EUR"),
        (lambda env: env.demanded("NAME", "it is needed."), "", "NAME must be set: it is needed."),
    ],
)
def test_a_bad_value_is_one_sentence(read: Reader, value: str, right: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        read(Environment({"NAME": value}))
    words = str(caught.value)
    assert words.startswith("NAME ")
    assert right in words
    assert len(words.splitlines()) == 1


def test_a_bad_key_is_named_by_its_position_and_not_repeated() -> None:
    good = Fernet.generate_key().decode()
    with pytest.raises(ImproperlyConfigured, match="CHORALE_FIELD_KEYS: key 2 is no Fernet key") as caught:
        Environment().field_keys("CHORALE_FIELD_KEYS", f"{good}, my-secret")
    assert "my-secret" not in str(caught.value)
    assert Environment().field_keys("CHORALE_FIELD_KEYS", f" {good} ,") == [good]
