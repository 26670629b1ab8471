"""A file that is wrong is told so with its name, line and key."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lyticsapp.as_code import loading
from lyticsapp.as_code.document import Document, JobEntry, Secret
from lyticsapp.as_code.errors import DocumentError
from lyticsapp.as_code.reading import read
from lyticsapp.as_code.writing import write
from tests.lyticsapp.as_code.conftest import document

JOB = "jobs:\n- label: A\n  workflow: count_up\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "acme.yaml:1: the file is empty."),
        ("- a", "acme.yaml:1: must be a mapping of segments and jobs."),
        ("segments: {}\njob: []", "acme.yaml:2: job: is not a known key"),
        ("jobs:\n- label: A\n  label: B", "acme.yaml:3: label is there already"),
        ("jobs: [}", "acme.yaml:1: did not find"),
        (JOB + "  paused: 1", 'acme.yaml:4: job "A": paused: must be true or false.'),
        (
            JOB + "  config:\n    upto: 3\n    beach: 2026-01-01",
            "acme.yaml:6: is a date, a number with a fraction or another value",
        ),
        (
            JOB + "  config:\n    password: !env NOT_SET",
            "acme.yaml:5: !env NOT_SET: the environment variable is not set.",
        ),
        (
            "segments:\n  vip:\n    name: VIP",
            "acme.yaml:3: segment vip: filter: is req",
        ),
        (
            "segments:\n  vip:\n    filter: FILTER x >",
            "acme.yaml:3: segment vip: filter: line 1, column 11",
        ),
        (
            "segments:\n  vip:\n    filter: FILTER x > 1 ALIAS other",
            "acme.yaml:3: segment vip: filter: its key",
        ),
        ("segments:\n  12:\n    filter: FILTER x > 1", "acme.yaml:3: segment 12: its "),
        (
            JOB + "  config:\n    beach: [[a]]",
            'acme.yaml:5: job "A": config.beach: must be a text',
        ),
        ("segments: !!python/name:os.system", "acme.yaml:1: is a date, a number"),
        ("jobs: " + "[" * 100_000, "acme.yaml:1: is nested too deeply."),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text, message):
    with pytest.raises(DocumentError) as refused:
        document(text)
    assert str(refused.value).startswith(message)


def test_an_error_does_not_quote_the_file():
    with pytest.raises(DocumentError) as refused:
        document(JOB + '  config: {password: !!int "hush-hush"}')
    assert "hush" not in str(refused.value)


def test_a_file_that_is_too_large_is_not_read(monkeypatch):
    monkeypatch.setattr(loading, "LARGEST_BYTES", 10)
    with pytest.raises(DocumentError, match="is over 10 bytes"):
        document("segments: {}")


def test_a_secret_comes_from_the_environment_and_is_never_shown():
    read_with = document(JOB + "  config:\n    password: !env PASS", PASS="hush-hush")
    assert read_with.jobs[0].config == {"password": Secret("hush-hush")}
    assert "hush" not in repr(read_with)


def test_what_yaml_shares_is_shared():
    shared = document("""
        jobs:
        - label: A
          workflow: count_up
          config: &beach {beach: north}
        - label: B
          workflow: count_up
          config: {<<: *beach, upto: 3}
    """)
    assert shared.jobs[1].config == {"beach": "north", "upto": 3}


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.booleans(),
)
def test_what_is_written_is_read_again(text, paused):
    job = JobEntry(
        workflow="count_up",
        label="A",
        description=text,
        authorization="",
        paused=paused,
        config={"beach": text, "headers": {text: text}, "list": [text], "none": None},
    )
    whole = Document([], [job])
    assert read(write(whole).encode(), "acme.yaml", {}) == whole
