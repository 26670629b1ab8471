"""What can be wrong with the value of a declared setting.

DeclarationError
├── InvalidSettingError  a value that cannot be saved
└── NotOfferedYetError   documented, and still to be built
"""

from __future__ import annotations


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
