"""What the endpoints of jobs share: their errors, their scope."""

from __future__ import annotations

from rest_framework.exceptions import APIException, NotFound, ParseError
from rest_framework.response import Response
from rest_framework.views import APIView

from lyticsapp.accounts.bodies import JsonParser
from lyticsapp.accounts.models import Scope
from lyticsapp.declaration.errors import DeclarationError, NotOfferedYetError
from lyticsapp.jobs.errors import (
    EditConflictError,
    JobError,
    TransitionError,
    UnknownJobError,
    UnknownWorkflowError,
)


class Conflict(APIException):
    """The change is refused because of what has become of the job."""

    status_code = 409
    default_code = "conflict"


class NotImplementedYet(APIException):
    """What is asked for is documented, and still to be built."""

    status_code = 501
    default_code = "not_implemented"


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
        response = super().handle_exception(_as_answer(exc))
        for kind, code in CODES:
            if isinstance(exc, kind):
                response.v2_code = code  # type: ignore[attr-defined]
                break
        return response


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
