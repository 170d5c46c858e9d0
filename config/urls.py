"""Which address leads where."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

from config.watch import views as watch
from members.api.pages import Docs, Schema
from members.api.views import Nothing
from members.views.signing_in import admin_sign_in

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", watch.healthz),
    path("readyz", watch.readyz),
    path("metrics", watch.exposed),
    # The admin's own pages for these give way to those for everybody.
    path("admin/login/", admin_sign_in),
    path("admin/logout/", LogoutView.as_view()),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password")),
    path("admin/password_change/done/", RedirectView.as_view(pattern_name="account")),
    path("admin/", admin.site.urls),
    path("", include("members.urls")),
    path("", include("channels.urls")),
    path("", include("journeys.urls")),
    path("api/schema/", Schema.as_view(), name="api-schema"),
    path("api/docs/", Docs.as_view(), name="api-docs"),
    path("api/v1/", include("members.api.urls")),
    path("api/v1/", include("content.api.urls")),
    path("api/v1/", include("channels.api.urls")),
    path("api/v1/", include("journeys.api.urls")),
    # No `path`, whose parts hold no line break: its 404 would be a page.
    re_path("^api/", Nothing.as_view()),
]
