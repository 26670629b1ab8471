"""Logs of web, workers and beat: one line an entry, with the id of what it is about.

JSON, or text for people where a person is watching the terminal. Every line of a
request holds its `request_id`, every line of a task its `task_id`. Secrets are
masked last of all, so that no library's message brings one in.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from lyticsapp.masking import MASK, looks_secret, without_secrets

DEEPEST = 6


def configuration(level: str, *, for_people: bool | None = None) -> dict[str, Any]:
    """The logging configuration; binds structlog to it as well."""
    if for_people is None:
        for_people = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _shared(),
                "processors": _rendering(for_people=for_people),
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "structured"}
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Their own handlers would write each line a second time.
            "django": {"handlers": [], "level": "NOTSET", "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            "gunicorn.error": {"handlers": [], "propagate": True},
            # It tells of every hint otherwise.
            "celery": {"level": "WARNING"},
            # It tells of each step of each connection.
            "azure": {"level": "WARNING"},
            # It greets at every start.
            "axes.apps": {"level": "WARNING"},
        },
    }


def mask_secrets(
    logger: WrappedLogger, method_name: str, event_dict: EventDict
) -> EventDict:
    """Mask what is secret by its name, and what looks so within texts."""
    return {name: _masked(name, value, 0) for name, value in event_dict.items()}


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.StackInfoRenderer(),
    ]


def _rendering(*, for_people: bool) -> list[Processor]:
    renderer: Processor = _json
    if for_people:
        renderer = structlog.dev.ConsoleRenderer(
            exception_formatter=structlog.dev.plain_traceback
        )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        mask_secrets,
        renderer,
    ]


def _json(logger: WrappedLogger, method_name: str, event_dict: EventDict) -> str:
    return orjson.dumps(
        event_dict, default=str, option=orjson.OPT_NON_STR_KEYS
    ).decode()


def _masked(name: str, value: Any, depth: int) -> Any:
    if looks_secret(name) and value is not None:
        return MASK
    if isinstance(value, str):
        return without_secrets(value)
    if isinstance(value, bool | int | float | None):
        return value
    if depth == DEEPEST:
        return MASK
    if isinstance(value, Mapping):
        return {str(k): _masked(str(k), v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked("", each, depth + 1) for each in value]
    if isinstance(value, bytes):
        return without_secrets(value.decode("utf-8", "backslashreplace"))
    return without_secrets(str(value))
