"""What can be wrong with a file and with applying it; each message is what people see.

AsCodeError
├── DocumentError          something in the file, with its line
├── CannotBeWrittenError   the account has what a file cannot tell apart
└── PlanIsOldError         the account has changed since the plan was shown
"""

from __future__ import annotations


class AsCodeError(Exception):
    """Base of the errors of this package."""


class DocumentError(AsCodeError):
    """Something in the file is wrong: where, what, and what to do."""

    def __init__(self, source: str, line: int, reason: str) -> None:
        super().__init__(f"{source}:{line}: {reason}")
        self.line = line


class CannotBeWrittenError(AsCodeError):
    """The account has what a file cannot tell apart; the text names it."""


class PlanIsOldError(AsCodeError):
    """The account has changed since the plan was shown."""

    def __init__(self) -> None:
        super().__init__(
            "The account has changed since this plan was made, so nothing was applied. "
            "Look at the new plan."
        )
