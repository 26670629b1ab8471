"""The bodies of the subscription endpoints, as OpenAPI describes them.

A channel's settings come from its declaration.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from lyticsapp.accounts.answers import answer
from lyticsapp.declaration.settings import Kind, Setting
from subscriptions.channel import registry
from subscriptions.common_settings import settings_of


class ConfigShown(serializers.Serializer[Any]):
    """The settings of a subscription, secrets masked; and those of its channel."""

    channel = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    segment_ids = serializers.ListField(child=serializers.CharField())
    segmentql = serializers.CharField()
    webhook_url = serializers.CharField(required=False)
    headers = serializers.DictField(child=serializers.CharField(), required=False)


class SubscriptionShown(serializers.Serializer[Any]):
    """A subscription as answers show it."""

    id = serializers.CharField()
    segment_ids = serializers.ListField(child=serializers.CharField())
    segmentql = serializers.CharField()
    description = serializers.CharField()
    name = serializers.CharField()
    updated = serializers.DateTimeField()
    created = serializers.DateTimeField()
    user_id = serializers.CharField()
    account_id = serializers.CharField()
    workflow = serializers.CharField()
    work_id = serializers.CharField(help_text="The job behind the subscription.")
    channel = serializers.CharField()
    authorization_id = serializers.CharField()
    withbackfill = serializers.BooleanField()
    config = ConfigShown()


def _of(setting: Setting) -> serializers.Field[Any, Any, Any, Any]:
    if setting.kind is Kind.LIST:
        return serializers.ListField(
            child=serializers.CharField(), required=False, help_text=setting.help
        )
    if setting.kind is Kind.INTEGERS:
        return serializers.ListField(
            child=serializers.IntegerField(), required=False, help_text=setting.help
        )
    if setting.kind is Kind.BOOLEAN:
        return serializers.BooleanField(required=False, help_text=setting.help)
    if setting.kind is Kind.INTEGER:
        return serializers.IntegerField(required=False, help_text=setting.help)
    if setting.kind is Kind.MAP:
        return serializers.DictField(
            child=serializers.CharField(), required=False, help_text=setting.help
        )
    return serializers.CharField(required=False, help_text=setting.help)


SubscriptionBody = inline_serializer(
    "Subscription",
    {
        "id": serializers.CharField(
            required=False, help_text="Of the subscription to update; without, create."
        ),
        "channel": serializers.ChoiceField(sorted(registry())),
        "name": serializers.CharField(required=False),
        "description": serializers.CharField(required=False),
        "segment_ids": serializers.ListField(
            child=serializers.CharField(),
            required=False,
            help_text="Ids or slugs of segments.",
        ),
        "segmentql": serializers.CharField(
            required=False,
            help_text="A segment to create or update, known by its ALIAS.",
        ),
        "withbackfill": serializers.BooleanField(
            required=False,
            help_text=("Send an enter for each present member too; one segment only."),
        ),
        "authorization_id": serializers.CharField(
            required=False, help_text="The id of the credentials; of `/api/auth`."
        ),
        **{
            setting.name: _of(setting)
            for channel in registry().values()
            for setting in settings_of(channel)
        },
    },
)


SUBSCRIPTION_ANSWER = answer("SubscriptionAnswer", SubscriptionShown())
LIST_ANSWER = answer("SubscriptionListAnswer", SubscriptionShown(many=True))
