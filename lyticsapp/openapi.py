"""The API's description: how callers authenticate, and what every endpoint shares."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema

from lyticsapp.accounts.api import TOKEN_PARAMETERS
from lyticsapp.accounts.models import Scope

ERROR = "Error"
CODED_ERROR = "CodedError"
REFUSALS = {
    "400": "The call is wrong; `message` names the field or the position.",
    "401": "The token is missing, unknown or expired.",
    "403": "The token lacks the scope; `message` names it.",
}
ABSENT = {"404": "There is no such object in the account."}
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"nullable": True},
        "status": {"type": "integer", "example": 400},
        "message": {"type": "string"},
    },
    "required": ["data", "status", "message"],
}
CODED_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        **ERROR_SCHEMA["properties"],
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string", "example": "BADREQ-001"},
                    "message": {"type": "string"},
                    "level": {"type": "string", "example": "warn"},
                    "timestamp": {"type": "string", "format": "date-time"},
                },
            },
        },
        "request_id": {"type": "string"},
    },
    "required": ["data", "status", "message"],
}


class TokenSchemes(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The ways to send a token; any one of them will do."""

    target_class = "lyticsapp.accounts.api.TokenAuthentication"
    name = ["token", "bearer", *TOKEN_PARAMETERS]

    def get_security_requirement(
        self, auto_schema: AutoSchema
    ) -> list[dict[str, list[Any]]]:
        """Each alone suffices."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        header = {"type": "apiKey", "in": "header", "name": "Authorization"}
        return [
            {**header, "description": "The token as it is: `at.….…`"},
            {"type": "http", "scheme": "bearer"},
            *(
                {"type": "apiKey", "in": "query", "name": name}
                for name in TOKEN_PARAMETERS
            ),
        ]


class ScopedSchema(AutoSchema):
    """Names each operation, and says which scope it asks for."""

    def get_operation_id(self) -> str:
        """Method and path, where the operation has no name of its own."""
        return re.sub(r"\W+", "_", f"{self.method.lower()}{self.path}").strip("_")

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """The operation, with its scope after its own text."""
        operation = super().get_operation(*args, **kwargs)
        scope = self._scope()
        if operation and scope is not None:
            needs = f"Needs a token with the scope `{scope.value}`."
            texts = operation.get("description", ""), needs
            operation["description"] = "\n\n".join(filter(None, texts))
        return operation

    def _scope(self) -> Scope | None:
        by_method = getattr(self.view, "scopes", None)
        if by_method is not None:
            found: Scope | None = by_method.get(self.method)
            return found
        declared: Scope | None = getattr(self.view, "scope", None)
        return declared


def add_refusals(
    result: dict[str, Any], generator: SchemaGenerator, request: object, public: bool
) -> dict[str, Any]:
    """Add the errors that all can answer, and say how every error looks."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update({ERROR: ERROR_SCHEMA, CODED_ERROR: CODED_ERROR_SCHEMA})
    for path, operations in result["paths"].items():
        of_one_object = path.startswith(("/api/", "/v2/")) and "{" in path
        content = _content(CODED_ERROR if path.startswith("/v2/") else ERROR)
        refusals = REFUSALS | (ABSENT if of_one_object else {})
        for operation in operations.values():
            answers = operation["responses"]
            for status, text in refusals.items():
                answers.setdefault(status, {"description": text})
            for status, answer in answers.items():
                if status >= "400":
                    answer.setdefault("content", content)
    return result


def _content(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
