"""The endpoint that makes API tokens: the documented `/api/auth/createtoken`.

The documents ask for the token of a person. Here people make tokens in the admin,
and scripts with a token that has the scope `admin`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts import tokens
from lyticsapp.accounts.answers import answer
from lyticsapp.accounts.api import Envelope, account_of, actor_of
from lyticsapp.accounts.models import Scope
from lyticsapp.accounts.query import duration

NAME_LENGTH = 100
UNITS = {"h": "hours", "m": "minutes", "s": "seconds"}


class TokenBody(serializers.Serializer[Any]):
    """An API token to be made."""

    name = serializers.CharField(required=False, help_text="Or `label`.")
    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.values))
    expires = serializers.CharField(
        required=False, help_text="Such as `720h`; h, m or s. Never where left out."
    )


class NewToken(serializers.Serializer[Any]):
    """A new token, whose text is in `config` as `api_key`, and shown once."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    scopes = serializers.ListField(child=serializers.CharField())
    config = serializers.ListField(child=serializers.DictField())


class CreateToken(APIView):
    """Makes API tokens."""

    scope = Scope.ADMIN

    @extend_schema(
        tags=["tokens"],
        summary="Create an API token",
        request=TokenBody,
        responses={201: answer("NewTokenAnswer", NewToken())},
    )
    def post(self, request: Request) -> Response:
        body = request.data if isinstance(request.data, dict) else {}
        issued = tokens.issue(
            account=account_of(request),
            name=_name(body),
            scopes=_scopes(body.get("scopes")),
            expires_at=_expiry(body.get("expires")),
            actor=actor_of(request),
        )
        data = {
            "id": issued.token.public_id,
            "label": issued.token.name,
            "scopes": issued.token.scopes,
            "config": [{"name": "api_key", "value": issued.text}],
        }
        return Envelope(data, message="created", status=201)


def _name(body: Mapping[str, Any]) -> str:
    name = body.get("name") or body.get("label") or "API token"
    if not isinstance(name, str) or len(name) > NAME_LENGTH:
        raise ParseError(f"name: must be a text of up to {NAME_LENGTH} characters.")
    return name


def _scopes(named: Any) -> list[Scope]:
    if not isinstance(named, list) or not named:
        raise ParseError(f"scopes: name some of {', '.join(Scope.values)}.")
    unknown = [str(each) for each in named if each not in Scope.values]
    if unknown:
        raise ParseError(f'Unknown roles "{", ".join(unknown)}"')
    return [Scope(each) for each in named]


def _expiry(text: Any) -> datetime | None:
    if not text:
        return None
    return timezone.now() + duration("expires", str(text))
