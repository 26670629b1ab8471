"""What can be wrong with a declaration, or with the value of a declared setting.

DeclarationError
├── InvalidSettingError  a value that cannot be saved
├── NotOfferedYetError   documented, and still to be built
└── FileLacksPartError   a file lacks what its contract asks for; stops start-up
"""

from __future__ import annotations

from collections.abc import Sequence


class DeclarationError(Exception):
    """Base of the errors of this package."""


class InvalidSettingError(DeclarationError):
    """A setting's value that cannot be saved, and why."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class NotOfferedYetError(DeclarationError):
    """Something documented that is still to be built."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not offered yet.")


class FileLacksPartError(DeclarationError):
    """A file that declares something lacks a part of it."""

    def __init__(self, file: str, parts: Sequence[str], contract: str) -> None:
        super().__init__(f"{file} lacks {', '.join(parts)}; see {contract}.")
