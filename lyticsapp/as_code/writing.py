"""A document written as YAML, always the same text for the same document."""

from __future__ import annotations

from typing import Any

import yaml

from lyticsapp.as_code.document import Document, JobEntry, SegmentEntry
from segments.definitions import draft as drafts
from segments.definitions.draft import Draft
from segments.definitions.errors import DefinitionError

LONGEST_LINE = 100_000


def write(document: Document) -> str:
    """The text of a file that says the same."""
    said = {
        "segments": {each.slug: _segment(each) for each in document.segments},
        "jobs": [_job(each) for each in document.jobs],
    }
    return yaml.dump(
        said,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=LONGEST_LINE,
        default_flow_style=False,
    )


class _Block(str):
    """A text that is written as a literal block."""

    __slots__ = ()


class _Dumper(yaml.CSafeDumper):
    """The safe dumper, with texts of several lines as literal blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write all in full."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    is_block = isinstance(text, _Block) or "\n" in text
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", str(text), style="|" if is_block else None
    )


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Block, _text)


def _segment(entry: SegmentEntry) -> dict[str, Any]:
    """What its filter does not say already."""
    implied = _said_by_filter(entry)
    said: dict[str, Any] = {"name": entry.name}
    if entry.description != (implied.description or ""):
        said["description"] = entry.description
    if entry.tags:
        said["tags"] = list(entry.tags)
    if entry.kind != (implied.kind or drafts.DEFAULT_KIND):
        said["kind"] = entry.kind
    if entry.public != bool(implied.is_public):
        said["public"] = entry.public
    return {**said, "filter": _Block(entry.filter)}


def _said_by_filter(entry: SegmentEntry) -> Draft:
    try:
        return drafts.from_text(entry.filter)
    except DefinitionError:  # of an older release: it is written down as it is
        return Draft()


def _job(entry: JobEntry) -> dict[str, Any]:
    said: dict[str, Any] = {"label": entry.label, "workflow": entry.workflow}
    if entry.description:
        said["description"] = entry.description
    if entry.authorization:
        said["authorization"] = entry.authorization
    if entry.paused:
        said["paused"] = True
    config = {
        name: dict(sorted(each.items())) if isinstance(each, dict) else each
        for name, each in entry.config.items()
    }
    return {**said, "config": config}
