"""Authorizations and providers as the API shows them; settings are never shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from lyticsapp.accounts.models import ApiToken
from lyticsapp.authorizations import connection_test, provider
from lyticsapp.authorizations.errors import AuthorizationError
from lyticsapp.authorizations.models import Authorization
from lyticsapp.authorizations.provider import Method, Provider
from lyticsapp.declaration.settings import Kind, Setting

API_TOKEN = "api_token"  # noqa: S105
NEVER = "0001-01-01T00:00:00Z"
"""How the documents write that a token does not expire."""


def type_of(authorization: Authorization) -> str:
    """Provider and method as one word, as `/v2/auth/{type}` has it: `aws_keys`."""
    return f"{authorization.provider}_{authorization.method}"


def present(authorization: Authorization) -> dict[str, Any]:
    """The documented keys, as lists show them."""
    author = authorization.created_by
    return {
        "id": authorization.public_id,
        "type": type_of(authorization),
        "account_id": authorization.account.public_id,
        "name": authorization.label,
        "label": authorization.label,
        "description": authorization.description,
        "provider_id": authorization.provider,
        "provider_slug": authorization.provider,
        "provider_name": _provider_title(authorization),
        "method": authorization.method,
        "user_id": author.public_id if author else "",
        "health": authorization.health,
        "tested_at": authorization.tested_at,
        "created": authorization.created_at,
        "updated": authorization.updated_at,
        "modified_ms": round(authorization.updated_at.timestamp() * 1000),
    }


def present_whole(authorization: Authorization) -> dict[str, Any]:
    """The same, and what is known of it besides."""
    return {**present(authorization), "facts": _facts(authorization)}


def present_test(authorization: Authorization) -> dict[str, Any]:
    """The steps of its connection test, with what came of them in the last one."""
    return {
        "health": authorization.health,
        "tested_at": authorization.tested_at,
        "steps": connection_test.listed(authorization),
    }


def present_token(token: ApiToken) -> dict[str, Any]:
    """An API token under the keys the documents give it; its text is not known."""
    lasts = token.expires_at and token.expires_at - token.created_at
    return {
        "id": token.public_id,
        "type": API_TOKEN,
        "label": token.name,
        "description": "",
        "scopes": token.scopes,
        "ttl": round(lasts.total_seconds()) if lasts else 0,
        "expires": token.expires_at or NEVER,
        "created": token.created_at,
        "last_accessed_at": token.last_used_at,
        "user_id": token.created_by.public_id if token.created_by else "",
        "internal": False,
        "status": "active",
    }


def present_provider(at: Provider) -> dict[str, Any]:
    """A provider; `config` is that of its first method, `methods` has all."""
    first = at.first_method
    return {
        "id": at.key,
        "slug": at.key,
        "name": at.title,
        "namespace": at.key,
        "description": "",
        "categories": [],
        "hidden": False,
        "no_auth": not first.fields,
        "auth_method": first.key,
        "auth_description": first.intro,
        "config": _config(first.fields),
        "methods": [_method(method) for method in at.methods.values()],
    }


def present_connected(at: Provider, connected: Collection[str]) -> dict[str, Any]:
    """A provider as /v2 shows it: with whether the account has been let in there."""
    return {**present_provider(at), "is_connected": at.key in connected}


def _provider_title(authorization: Authorization) -> str:
    found = provider.registry().get(authorization.provider)
    return found.title if found else authorization.provider


def _facts(authorization: Authorization) -> list[dict[str, str]]:
    try:
        method = provider.method_of(authorization)
    except AuthorizationError:  # of a release that had it
        return []
    facts = method.facts(authorization)
    return [{"label": fact.label, "value": fact.value} for fact in facts]


def _method(method: Method) -> dict[str, Any]:
    return {
        "method": method.key,
        "name": method.title,
        "description": method.intro,
        "config": _config(method.fields),
    }


def _config(fields: Sequence[Setting]) -> list[dict[str, Any]]:
    return [
        {
            "name": field.name,
            "label": field.label,
            "control": "password" if field.secret else "text",
            "type": _TYPES.get(field.kind, "string"),
            "sort_order": number,
            "optional": not field.required,
            "suffix": "",
            "help": field.help,
        }
        for number, field in enumerate(fields)
    ]


_TYPES = {
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "integer",
    Kind.LIST: "array",
    Kind.INTEGERS: "array",
    Kind.MAP: "object",
}
