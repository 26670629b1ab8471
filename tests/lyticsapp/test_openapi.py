"""The API's description: whole, valid, and to be tried without a network."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from lyticsapp.accounts.fallback import UnknownPath

SCHEMES = ["token", "bearer", "key", "access_token"]
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def schema():
    GENERATOR_STATS.reset()
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def operations(schema):
    return {
        (method, path): operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def routes(patterns, prefix=""):
    """Every address of the API that is routed, with its view class."""
    for each in patterns:
        address = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from routes(each.url_patterns, address)
        elif address.startswith(("api/", "collect/", "v2/")):
            yield "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", address), each.callback.cls


def resolved(schema, part):
    while "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
    return part


def test_it_is_valid_and_made_without_warnings(schema):
    validate_schema(schema)
    assert not GENERATOR_STATS


def test_every_route_is_in_it(operations):
    routed = {
        (method, path)
        for path, view in routes(get_resolver().url_patterns)
        if view is not UnknownPath
        for method in METHODS
        if hasattr(view, method)
    }
    assert routed
    assert set(operations) == routed


def test_every_operation_is_told(operations):
    untold = [
        key
        for key, operation in operations.items()
        if not operation.get("summary") or not operation.get("tags")
    ]
    assert untold == []


def test_every_operation_names_its_scope(operations):
    silent = [
        key
        for key, operation in operations.items()
        if "Needs a token with the scope" not in operation["description"]
    ]
    assert silent == []


def test_every_answer_has_its_fields(schema, operations):
    for key, operation in operations.items():
        for status, answer in operation["responses"].items():
            if status == "204":
                continue
            body = resolved(schema, answer["content"]["application/json"]["schema"])
            assert {"data", "status", "message"} <= set(body["properties"]), key


def test_every_change_has_a_body(schema, operations):
    for (method, path), operation in operations.items():
        if method in ("post", "put"):
            assert operation["requestBody"]["content"], path


def test_any_way_to_send_the_token_suffices(schema, operations):
    schemes = schema["components"]["securitySchemes"]
    assert set(schemes) == set(SCHEMES)
    for operation in operations.values():
        assert operation["security"] == [{name: []} for name in SCHEMES]


def test_refusals_are_told(operations):
    for operation in operations.values():
        assert {"400", "401", "403"} <= set(operation["responses"])


def test_it_is_served_as_json(client):
    answer = client.get("/openapi.json", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert answer.json()["openapi"].startswith("3.")


def test_the_page_to_try_it_needs_no_network(client):
    page = client.get("/docs/").content.decode()
    assert "/openapi.json" in page
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    for address in loaded:
        assert address.startswith("/static/"), address
        assert finders.find(address.removeprefix("/static/")), address
