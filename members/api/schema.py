"""What OpenAPI says of the endpoints, drawn from their operations: nothing is said twice."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import append_meta, build_bearer_security_scheme_object
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from members.api.operations import Operation, operation_of
from members.api.paging import Paged
from members.api.problems import MEDIA_TYPE, Kind
from members.api.reading import Shape

# What is known of headers besides that they are text.
HEADERS = {"Idempotency-Key": {"type": "string", "pattern": "^[!-~]{1,64}$"}}
ALWAYS = (
    Kind.NOT_READABLE,
    Kind.NOT_AUTHENTICATED,
    Kind.NOT_ALLOWED,
    Kind.NOT_ACCEPTABLE,
    Kind.TOO_MANY,
    Kind.BROKEN,
    Kind.UNAVAILABLE,
)
WITH_BODY = (Kind.TOO_LARGE, Kind.MEDIA, Kind.INVALID)
MEANINGS = {
    200: "It is done, or was before.",
    201: "It is made.",
    204: "It is gone.",
    207: "Some items landed, others were rejected.",
}


class FaultOut(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField(help_text="Its path, such as lines[0].sku; empty for the whole.")
    sentence = serializers.CharField()


class ProblemOut(serializers.Serializer[Any]):
    """An answer that is no success (RFC 9457)."""

    type = serializers.CharField(help_text="Names the kind of problem, for programs.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="One sentence for people.")
    errors = serializers.ListField(child=FaultOut(), required=False)  # type: ignore[assignment]  # DRF has one too
    who = serializers.CharField(required=False, help_text="Who was faster.")
    when = serializers.DateTimeField(required=False, help_text="When that was.")
    where = serializers.CharField(required=False, help_text="In which store, or through which channel.")


class HouseSchema(AutoSchema):
    """Reads a view's operations."""

    @property
    def _operation(self) -> Operation:
        found = operation_of(self.view, self.method)
        if found is None:
            raise TypeError(f"{type(self.view).__name__} declares no operation for {self.method}.")
        return found

    def get_operation_id(self) -> str:
        """Return a name such as members_timeline_list; what is asked for by a query alone is found."""
        query = self._operation.query
        verb = self.method.lower()
        if query and not self.path.endswith("}/"):
            verb = "list" if issubclass(query, Paged) else "find"
        return "_".join([*(part.replace("-", "_") for part in self._tokenize_path()), verb])

    def get_tags(self) -> list[str]:
        """Return the part of the docs where the operation stands."""
        return [str(getattr(self.view, "tag", ""))]

    def get_description(self) -> str:  # type: ignore[override]  # as the package has it
        """Return the method's words, and the scope that it needs."""
        words = super().get_description()
        return f"{words}\n\nScope: `{self._operation.scope}`"

    def get_override_parameters(self) -> list[Any]:
        """Return what the query and the headers may say."""
        operation = self._operation
        headers = [
            OpenApiParameter(name, dict(HEADERS.get(name, {"type": "string"})), "header", description=says)
            for name, says in operation.headers.items()
        ]
        return [*([operation.query] if operation.query else []), *headers]

    def get_request_serializer(self) -> Any:
        """Return the shape of the body."""
        return self._operation.body

    def get_response_serializers(self) -> Any:
        """Return the answers, and every problem that may stand in their place."""
        found: dict[Any, Any] = {
            status: OpenApiResponse(shape, description=MEANINGS.get(status, ""))
            for status, shape in self._operation.answers.items()
        }
        if self.method == "GET":
            found[304] = OpenApiResponse(None, description="It is as the ETag says that you have.")
        for status, titles in self._problems().items():
            found[status, MEDIA_TYPE] = OpenApiResponse(ProblemOut, description=" / ".join(titles))
        return found

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        """Return the schema of what an answer or a body says; answers always say everything that they can say."""
        schema = super()._map_basic_serializer(serializer, direction)
        if direction == "response" and not isinstance(serializer, Shape | ProblemOut) and "properties" in schema:
            schema["required"] = sorted(schema["properties"])
        return schema

    def _problems(self) -> dict[int, list[str]]:
        """Return the titles of the problems by status."""
        operation = self._operation
        kinds = {*ALWAYS, *operation.problems}
        kinds |= set(WITH_BODY) if operation.body else set()
        kinds |= {Kind.INVALID} if operation.query else set()
        kinds |= {Kind.NOT_FOUND} if "{" in self.path else set()
        kinds |= {Kind.CHANGED} if self.method == "GET" else set()
        found: dict[int, list[str]] = {}
        for kind in (kind for kind in Kind if kind in kinds):
            found.setdefault(kind.status, []).append(str(kind.title))
        return found


class StrictFields(OpenApiSerializerFieldExtension):
    """Fields of what is sent say themselves what they take."""

    target_class = "members.api.fields.Strict"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> Any:
        """Return the field's schema with its help text and its example."""
        known = {} if self.target.example is None else {"examples": [self.target.example]}
        meta = auto_schema._get_serializer_field_meta(self.target, direction)  # noqa: SLF001 - the package's own extensions do so
        return append_meta({**self.target.schema, **known}, meta)


class Shapes(OpenApiSerializerExtension):
    """Unknown fields of what is sent are refused."""

    target_class = "members.api.reading.Shape"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: str) -> Any:
        """Return the shape's schema, which allows no other fields."""
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)  # noqa: SLF001 - as above
        return {**schema, "additionalProperties": False}


class Bearer(OpenApiAuthenticationExtension):
    """How a token is shown."""

    target_class = "members.api.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        """Return what OpenAPI calls it."""
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Bearer")  # noqa: S106 - a word
