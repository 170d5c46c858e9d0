"""Operations: what each method of an endpoint needs, takes and answers, said once for rights, reading and schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from members.api.problems import Kind
from members.api.reading import Shape

F = TypeVar("F", bound=Callable[..., Any])
Answers = Mapping[int, type[BaseSerializer[Any]] | None]


@dataclass(frozen=True)
class Operation:
    """A method of an endpoint: the scope that it needs, the shapes of query and body, its answers, and its problems."""

    scope: str
    query: type[Shape] | None = None
    body: type[Shape] | None = None
    answers: Answers = field(default_factory=dict)
    problems: tuple[Kind, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def operation(
    scope: str,
    *,
    answers: Answers,
    query: type[Shape] | None = None,
    body: type[Shape] | None = None,
    problems: tuple[Kind, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Declare what a method of an endpoint needs, takes and answers; `headers` are optional ones with what they say."""

    def declared(method: F) -> F:
        method.operation = Operation(scope, query, body, answers, problems, headers or {})  # type: ignore[attr-defined]
        return method

    return declared


def operation_of(view: APIView, method: str) -> Operation | None:
    """Return what is declared of a view's method such as GET, None where the view has none."""
    handler = getattr(view, "get" if method == "HEAD" else method.lower(), None)
    found: Operation | None = getattr(handler, "operation", None)
    return found
