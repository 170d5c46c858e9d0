"""The schema, and the page that shows it. Both are open: they say what the source says, and nothing about anybody."""

from __future__ import annotations

from collections.abc import Hashable
from functools import lru_cache
from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.views import APIView


@lru_cache(maxsize=8)
def rendered(renderer: Any) -> bytes:
    """Return the schema as a renderer writes it; it is the same for the life of the process."""
    schema = SchemaGenerator().get_schema(public=True)
    made = renderer()
    written: bytes | str = made.render(schema, made.media_type, {})
    return written if isinstance(written, bytes) else written.encode()


class Open(APIView):
    """What needs nobody to be known."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    metadata_class = None
    schema = None


class Schema(Open):
    """The schema: JSON, or YAML for whoever asks for it."""

    renderer_classes = (OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer, OpenApiYamlRenderer2)

    def get(self, request: Request) -> HttpResponse:
        """Answer with the schema."""
        answer = HttpResponse(
            rendered(cast(Hashable, type(request.accepted_renderer))), content_type=request.accepted_media_type
        )
        answer["Cache-Control"] = "max-age=300"
        return answer


class Docs(SpectacularSwaggerView, Open):
    """The schema as pages on which calls can be tried by whoever is signed in."""

    url_name = "api-schema"
    title = "Chorale API"
