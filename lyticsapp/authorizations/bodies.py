"""The bodies of the endpoints of authorizations, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from lyticsapp.accounts.answers import answer
from lyticsapp.authorizations.models import Health
from lyticsapp.authorizations.step import Outcome


class NamedValue(serializers.Serializer[Any]):
    """A setting of an authorization; what it takes, `/api/provider` lists."""

    name = serializers.CharField()
    value = serializers.JSONField()


class AuthorizationBody(serializers.Serializer[Any]):
    """An authorization to be created, or what is to be changed of one."""

    provider_id = serializers.CharField(help_text="Such as `aws`; stays as it is.")
    method = serializers.CharField(
        required=False,
        help_text="A method of the provider, its first where none is named; stays.",
    )
    label = serializers.CharField(required=False)  # type: ignore[assignment]
    description = serializers.CharField(required=False)
    config = NamedValue(
        many=True,
        required=False,
        help_text="Never shown again. A setting left out keeps its value.",
    )


class FactShown(serializers.Serializer[Any]):
    """Something to know of an authorization."""

    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.CharField()


class AuthorizationShown(serializers.Serializer[Any]):
    """An authorization; its settings are never shown."""

    id = serializers.CharField()
    type = serializers.CharField(help_text="Provider and method: `aws_keys`.")
    account_id = serializers.CharField()
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    provider_id = serializers.CharField()
    provider_slug = serializers.CharField()
    provider_name = serializers.CharField()
    method = serializers.CharField()
    user_id = serializers.CharField()
    health = serializers.ChoiceField(Health.values)
    tested_at = serializers.DateTimeField(allow_null=True)
    created = serializers.DateTimeField()
    updated = serializers.DateTimeField()
    modified_ms = serializers.IntegerField()


class WholeAuthorization(AuthorizationShown):
    """An authorization, and what is known of it besides."""

    facts = FactShown(many=True)


class MethodSetting(serializers.Serializer[Any]):
    """A setting that a method takes."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    control = serializers.CharField()
    type = serializers.CharField()
    sort_order = serializers.IntegerField()
    optional = serializers.BooleanField()
    suffix = serializers.CharField()
    help = serializers.CharField()


class MethodShown(serializers.Serializer[Any]):
    """A way to be let in at a provider."""

    method = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    config = MethodSetting(many=True)


class ProviderShown(serializers.Serializer[Any]):
    """A provider; `config` is that of its first method."""

    id = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField()
    namespace = serializers.CharField()
    description = serializers.CharField()
    categories = serializers.ListField(child=serializers.CharField())
    hidden = serializers.BooleanField()
    no_auth = serializers.BooleanField()
    auth_method = serializers.CharField()
    auth_description = serializers.CharField()
    config = MethodSetting(many=True)
    methods = MethodShown(many=True)


class ConnectedProvider(ProviderShown):
    """A provider, and whether the account has an authorization at it."""

    is_connected = serializers.BooleanField()


class StepShown(serializers.Serializer[Any]):
    """A step of a connection test, and what came of it."""

    step = serializers.CharField()
    title = serializers.CharField()
    outcome = serializers.ChoiceField(
        [outcome.value for outcome in Outcome],
        allow_null=True,
        help_text="null where it has not been tried.",
    )
    text = serializers.CharField()
    missing = serializers.CharField(
        help_text="The right that is missing: an IAM action, an Azure role."
    )
    policy = serializers.DictField(
        allow_null=True, help_text="The least policy that grants it."
    )


class TestShown(serializers.Serializer[Any]):
    """A connection test."""

    health = serializers.ChoiceField(Health.values)
    tested_at = serializers.DateTimeField(allow_null=True)
    steps = StepShown(many=True)


NO_BODY: Any = {"application/json": {"type": "object"}}
TEST_ANSWER = answer("ConnectionTestAnswer", TestShown())
AUTHORIZATION_ANSWER = answer("AuthorizationAnswer", WholeAuthorization())
AUTHORIZATIONS_ANSWER = answer("AuthorizationListAnswer", AuthorizationShown(many=True))
PROVIDER_ANSWER = answer("ProviderAnswer", ProviderShown())
PROVIDERS_ANSWER = answer("ProviderListAnswer", ProviderShown(many=True))
CONNECTED_ANSWER = answer("ConnectedProviderListAnswer", ConnectedProvider(many=True))
