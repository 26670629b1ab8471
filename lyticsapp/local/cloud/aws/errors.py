"""What stands in the way of a call.

RefusedError        the call is answered with an error of AWS
PolicyError    a policy says something that cannot be evaluated
"""

from __future__ import annotations

from dataclasses import dataclass


class PolicyError(Exception):
    """A policy says something that cannot be evaluated."""


@dataclass
class RefusedError(Exception):
    """A call is answered with an error; `kind` is one of `answers.ERRORS`.

    `message` replaces the usual one of this kind.
    """

    kind: str
    message: str = ""
