"""A file read into a document; what is wrong is told with its line and key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lyticsapp.as_code.document import Document, JobEntry, Place, Secret, SegmentEntry
from lyticsapp.as_code.loading import Located, load
from segments.definitions import draft as drafts
from segments.definitions.draft import Draft
from segments.definitions.errors import DefinitionError, InvalidSegmentQLError
from segments.definitions.statement import Statement, text_under

SEGMENTS, JOBS, CONFIG = "segments", "jobs", "config"
SEGMENT_KEYS = ("name", "description", "tags", "kind", "public", "filter")
JOB_KEYS = ("workflow", "label", "description", "authorization", "paused", CONFIG)


def read(content: bytes, source: str, environment: Mapping[str, str]) -> Document:
    """What a file says, in its order; raises DocumentError."""
    top = load(content, source, environment)
    if not isinstance(top, Located):
        raise Place(source, 1).error(f"must be a mapping of {SEGMENTS} and {JOBS}.")
    whole = _Fields(top, Place(source, top.line, lines=top.lines))
    whole.check_known((SEGMENTS, JOBS))
    return Document(
        segments=[
            _segment(slug, whole.entry(SEGMENTS, each, f"segment {slug}"))
            for slug, each in whole.mapping(SEGMENTS).items()
        ],
        jobs=[
            _job(whole.entry(JOBS, each, _job_called(each)))
            for each in whole.list(JOBS)
        ],
    )


class _Fields:
    """The keys of a mapping, each of the type it must have."""

    def __init__(self, values: Located, place: Place) -> None:
        self._values = values
        self.place = place

    def check_known(self, names: tuple[str, ...]) -> None:
        for name in self._values:
            if name not in names:
                raise self.place.error(
                    f"is not a known key; it is one of {', '.join(names)}.", str(name)
                )

    def entry(self, key: str, value: Any, what: str) -> _Fields:
        """A segment or a job among others."""
        if not isinstance(value, Located):
            raise self.place.error(f"{what} must be a mapping.", key)
        lines = dict(value.lines)
        config = value.get(CONFIG)
        if isinstance(config, Located):
            lines |= {f"{CONFIG}.{name}": line for name, line in config.lines.items()}
        place = Place(self.place.source, value.line, what, lines)
        return _Fields(value, place)

    def mapping(self, key: str) -> Mapping[Any, Any]:
        value = self._values.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.place.error("must be a mapping.", key)
        return value

    def list(self, key: str) -> list[Any]:
        value = self._values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.place.error("must be a list.", key)
        return value

    def text(self, key: str) -> str | None:
        """A text; None where there is none."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise self.place.error("must be a text; write it in quotes.", key)
        return value

    def required(self, key: str) -> str:
        value = self.text(key)
        if not value or not value.strip():
            raise self.place.error("is required.", key)
        return value.strip()

    def texts(self, key: str) -> tuple[str, ...]:
        found = self.list(key)
        if not all(isinstance(each, str) for each in found):
            raise self.place.error("must be texts; write them in quotes.", key)
        return tuple(found)

    def flag(self, key: str) -> bool | None:
        value = self._values.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.place.error("must be true or false.", key)
        return value


def _segment(slug: Any, said: _Fields) -> SegmentEntry:
    if not isinstance(slug, str):
        raise said.place.error("its slug must be a text; write it in quotes.")
    said.check_known(SEGMENT_KEYS)
    draft, statement = _draft(slug, said)
    return SegmentEntry(
        slug=slug,
        name=draft.name or slug,
        description=draft.description or "",
        tags=said.texts("tags"),
        kind=draft.kind or drafts.DEFAULT_KIND,
        public=bool(draft.is_public),
        filter=text_under(statement, slug),
        place=said.place,
    )


def _draft(slug: str, said: _Fields) -> tuple[Draft, Statement]:
    """What the keys say of a segment, and for the others its filter; and its filter."""
    written = said.required("filter")
    try:
        implied = drafts.from_text(written)
        draft = drafts.from_values(
            segment_ql=written,
            slug=slug,
            name=said.text("name"),
            description=said.text("description"),
            kind=said.text("kind"),
            is_public=said.flag("public"),
        )
    except InvalidSegmentQLError as error:
        raise said.place.error(error.reason, "filter") from error
    except DefinitionError as error:
        raise said.place.error(str(error)) from error
    if implied.slug not in (None, slug) or draft.slug != slug:
        raise said.place.error(
            "its key, in lower case, and the ALIAS of its filter must be the same.",
            "filter",
        )
    if draft.statement is None:
        raise said.place.error("is required.", "filter")
    return draft, draft.statement


def _job_called(value: Any) -> str:
    """How people call a job, as far as it is known."""
    label = value.get("label") if isinstance(value, dict) else None
    return f'job "{label}"' if isinstance(label, str) else "job"


def _job(said: _Fields) -> JobEntry:
    said.check_known(JOB_KEYS)
    return JobEntry(
        workflow=said.required("workflow"),
        label=said.required("label"),
        description=said.text("description") or "",
        authorization=(said.text("authorization") or "").strip(),
        paused=bool(said.flag("paused")),
        config=_config(said.mapping(CONFIG), said.place),
        place=said.place,
    )


def _config(said: Mapping[Any, Any], place: Place) -> dict[str, Any]:
    """The settings as they are written: what they may be is their workflow's to say."""
    for name, value in said.items():
        keys = list(value) if isinstance(value, dict) else []
        parts = value if isinstance(value, list) else [value]
        parts = list(value.values()) if isinstance(value, dict) else parts
        if not (_all(keys, str) and _all(parts, *_PLAIN)):
            raise place.error(
                "must be a text, a whole number, true or false, or a list or mapping "
                "of these.",
                f"{CONFIG}.{name}",
            )
    return {
        str(name): dict(value) if isinstance(value, dict) else value
        for name, value in said.items()
    }


def _all(values: list[Any], *types: type) -> bool:
    return all(isinstance(each, types) for each in values)


_PLAIN = (str, int, bool, Secret, type(None))
