"""What can be wrong with a change of a segment; the text of each is for the user.

DefinitionError
├── InvalidSegmentQLError   the FilterQL does not parse, or includes what it may not
├── InvalidValueError       another field of the definition is wrong
├── UnknownSegmentError     a reference names no segment
└── SegmentInUseError       others depend on what would go away
"""

from __future__ import annotations


class DefinitionError(Exception):
    """A change of a segment that cannot be made."""


class InvalidSegmentQLError(DefinitionError):
    """The FilterQL does not parse, or includes what it may not."""

    def __init__(self, reason: object) -> None:
        super().__init__(f"Invalid SegmentQL: {reason}")
        self.reason = str(reason)


class InvalidValueError(DefinitionError):
    """A field of the definition has a value it cannot have."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")


class UnknownSegmentError(DefinitionError):
    """A reference names no segment of the account."""

    def __init__(self, ref: str) -> None:
        super().__init__(f'Unknown segment: no segment has the id or slug "{ref}".')
        self.ref = ref


class SegmentInUseError(DefinitionError):
    """Others depend on what would go away; the text names them."""
