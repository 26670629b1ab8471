"""Workflows are found by their files, and a wrong one stops start-up."""

from __future__ import annotations

from types import ModuleType

import pytest

from lyticsapp.declaration.errors import FileLacksPartError
from lyticsapp.jobs import workflow
from lyticsapp.jobs.errors import UnknownWorkflowError
from tests.lyticsapp.jobs.workflows import count_up


@pytest.mark.usefixtures("test_workflows")
def test_each_file_is_a_workflow():
    found = workflow.registry()["count_up"]
    assert (found.key, found.provider) == ("count_up", "aws")
    assert found.summary == "Counts up to a number, a step at a time."
    assert found.direction.button == "Start Import"
    assert [field.name for field in found.fields][:1] == ["upto"]


@pytest.mark.usefixtures("test_workflows")
@pytest.mark.parametrize("key", ["count_up", "count-up"])
def test_both_spellings_of_a_key_are_known(key):
    assert workflow.get(key).key == "count_up"


@pytest.mark.usefixtures("test_workflows")
def test_an_unknown_one_is_refused_with_those_there_are():
    with pytest.raises(UnknownWorkflowError, match=r"'nope'.*count_up"):
        workflow.get("nope")


@pytest.mark.parametrize("part", workflow.DECLARED)
def test_a_file_that_lacks_a_part_is_refused(part):
    module = ModuleType("half")
    for name in workflow.DECLARED:
        if name != part:
            setattr(module, name, getattr(count_up, name))
    with pytest.raises(FileLacksPartError, match=f"half lacks {part}"):
        workflow.declared("half", module)
