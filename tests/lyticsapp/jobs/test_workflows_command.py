"""`manage.py workflows` lists the job types for people and for programs."""

from __future__ import annotations

import json

import jsonschema
import pytest
from django.core.management import call_command

from lyticsapp.jobs import workflow
from lyticsapp.jobs.json_schema import schema_of

pytestmark = pytest.mark.usefixtures("test_workflows")


def test_people_see_a_line_each(capsys):
    call_command("workflows")
    (line,) = [x for x in capsys.readouterr().out.splitlines() if "count_up" in x]
    assert line.split(maxsplit=3) == ["aws", "count_up", "batch", "Count Up"]


def test_programs_see_every_field_in_order(capsys):
    call_command("workflows", "--json")
    listed = {each["workflow"]: each for each in json.loads(capsys.readouterr().out)}
    counting = listed["count_up"]
    assert counting["provider"] == "aws"
    assert counting["methods"] == ["keys"]
    assert counting["fields"][0] == {
        "name": "upto",
        "label": "Up To",
        "required": True,
        "advanced": False,
        "secret": False,
        "help": "The number to count to.",
    }


def test_the_schema_takes_what_the_form_takes():
    for kind in workflow.registry().values():
        jsonschema.Draft202012Validator.check_schema(schema_of(kind))
    schema = schema_of(workflow.get("count_up"))
    jsonschema.validate({"upto": 5, "beach": "b", "password": "p"}, schema)
    for wrong in ({}, {"upto": -1}, {"upto": 5, "else": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
