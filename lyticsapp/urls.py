"""Every address the product answers at."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from lyticsapp.accounts.fallback import UnknownPath

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", include("lyticsapp.face.urls")),
    path("admin/", admin.site.urls),
    path("", include("lyticsapp.health.urls")),
    path("", include("lyticsapp.authorizations.urls")),
    path("", include("lyticsapp.jobs.urls")),
    path("", include("segments.streams.urls")),
    path("", include("segments.membership.urls")),
    path("", include("segments.definitions.urls")),
    path("", include("subscriptions.urls")),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="openapi"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="openapi"), name="docs"),
    re_path(r"^(api|collect|v2)(/|$)", UnknownPath.as_view()),
]

handler400 = "lyticsapp.accounts.fallback.bad_request"
handler500 = "lyticsapp.accounts.fallback.server_error"
