"""The collect API in the OpenAPI schema."""

from __future__ import annotations

import pytest
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def paths():
    return SchemaGenerator().get_schema(request=None, public=True)["paths"]


@pytest.mark.parametrize("kind", ["json", "bulk"])
def test_the_collect_endpoints_are_described(paths, kind):
    operation = paths[f"/collect/{kind}/{{stream}}"]["post"]

    named = {parameter["name"] for parameter in operation["parameters"]}
    assert named >= {"stream", "timestamp_field", "dryrun", "filename", "droperrors"}
    assert "application/json" in operation["requestBody"]["content"]
    assert set(operation["responses"]) >= {"200", "400", "401", "413"}
    assert "`data`" in operation["description"]


def test_csv_has_its_parameters(paths):
    operation = paths["/collect/bulk/{stream}"]["post"]

    named = {parameter["name"] for parameter in operation["parameters"]}
    assert named >= {"headers", "delimiter", "append"}
    assert "application/csv" in operation["requestBody"]["content"]
