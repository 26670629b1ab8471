"""How the answers of endpoints are described in OpenAPI."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

Field = serializers.Field[Any, Any, Any, Any]


def answer(name: str, data: Field, **extra: Field) -> Any:
    """The envelope with this data in it, and with further keys beside it."""
    return inline_serializer(
        name,
        {
            "data": data,
            "status": serializers.IntegerField(),
            "message": serializers.CharField(),
            **extra,
        },
    )
