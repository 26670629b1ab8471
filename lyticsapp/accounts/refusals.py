"""Refusals of the API that the framework has no exception for."""

from __future__ import annotations

from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The change is refused because of what else there is."""

    status_code = 409
    default_code = "conflict"


class NotImplementedYet(APIException):
    """What is asked for is documented, and still to be built."""

    status_code = 501
    default_code = "not_implemented"
