"""The addresses of the endpoints of authorizations, providers and API tokens."""

from __future__ import annotations

from django.urls import path

from lyticsapp.accounts.token_api import CreateToken
from lyticsapp.authorizations import v1_api, v2_api

urlpatterns = [
    path("api/auth", v1_api.AuthorizationList.as_view(), name="authorization-list"),
    path("api/auth/createtoken", CreateToken.as_view(), name="create-token"),
    path(
        "api/auth/<str:public_id>",
        v1_api.AuthorizationDetail.as_view(),
        name="authorization-detail",
    ),
    path(
        "api/auth/<str:public_id>/test",
        v1_api.ConnectionTest.as_view(),
        name="authorization-test",
    ),
    path("api/provider", v1_api.ProviderList.as_view(), name="provider-list"),
    path(
        "api/provider/<str:slug>",
        v1_api.ProviderDetail.as_view(),
        name="provider-detail",
    ),
    path("v2/auth", v2_api.AuthorizationListV2.as_view(), name="v2-authorization-list"),
    path(
        "v2/auth/<str:ref>",
        v2_api.AuthorizationDetailV2.as_view(),
        name="v2-authorization-detail",
    ),
    path(
        "v2/auth/<str:auth_type>/<str:public_id>",
        v2_api.AuthorizationOfTypeV2.as_view(),
        name="v2-authorization-of-type",
    ),
    path("v2/provider", v2_api.ProviderListV2.as_view(), name="v2-provider-list"),
]
