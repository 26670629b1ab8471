"""What the endpoints of jobs share: their errors, their scope."""

from __future__ import annotations

from rest_framework.exceptions import NotFound, ParseError
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts.bodies import JsonParser
from lyticsapp.accounts.models import Scope
from lyticsapp.accounts.refusals import Conflict, NotImplementedYet
from lyticsapp.accounts.v2 import coded
from lyticsapp.declaration.errors import DeclarationError, NotOfferedYetError
from lyticsapp.jobs.errors import (
    EditConflictError,
    JobError,
    TransitionError,
    UnknownJobError,
    UnknownWorkflowError,
)

CODES: tuple[tuple[type[Exception], str], ...] = (
    (UnknownWorkflowError, "WF-NOTFOUND-005"),
    (UnknownJobError, "JOB-NOTFOUND-004"),
    (JobError, "JOB-BADREQ-002"),
    (DeclarationError, "JOB-BADREQ-002"),
)
"""The documented codes of errors under /v2."""


class JobsView(APIView):
    """An endpoint whose errors are those of jobs."""

    scope = Scope.JOBS
    parser_classes = (JsonParser,)

    def handle_exception(self, exc: Exception) -> Response:
        """Answer what jobs refuse, with its own text and code."""
        return coded(super().handle_exception(_as_answer(exc)), exc, CODES)


def _as_answer(error: Exception) -> Exception:
    if isinstance(error, UnknownJobError):
        return NotFound()
    if isinstance(error, UnknownWorkflowError):
        return NotFound(str(error))
    if isinstance(error, NotOfferedYetError):
        return NotImplementedYet(str(error))
    if isinstance(error, TransitionError | EditConflictError):
        return Conflict(str(error))
    if isinstance(error, JobError | DeclarationError):
        return ParseError(str(error))
    return error
