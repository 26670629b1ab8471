"""What can be wrong with a change of a segment; the text of each is for the user.

DefinitionError
├── InvalidSegmentQLError     the FilterQL does not parse
├── InvalidValueError         another field of the definition is wrong
├── UnknownIncludeError       INCLUDE names no segment
├── CircularIncludeError      INCLUDE leads back to the segment itself
├── UnknownSegmentError       a reference names no segment
└── SegmentInUseError         others depend on what would go away
"""

from __future__ import annotations

from collections.abc import Sequence


class DefinitionError(Exception):
    """A change of a segment that cannot be made."""


class InvalidSegmentQLError(DefinitionError):
    """The FilterQL does not parse."""

    def __init__(self, reason: object) -> None:
        super().__init__(f"Invalid SegmentQL: {reason}")


class InvalidValueError(DefinitionError):
    """A field of the definition has a value it cannot have."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")


class UnknownIncludeError(DefinitionError):
    """INCLUDE names no segment; the path leads from the saved segment to the name."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(
            f'Unknown INCLUDE: no segment "{path[-1]}" ({" -> ".join(path)}). '
            "Create it first, or correct the name."
        )


class CircularIncludeError(DefinitionError):
    """INCLUDE leads back to the segment itself."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__(
            f"Circular INCLUDE: {' -> '.join(path)}. "
            "A segment cannot include itself, directly or through others."
        )


class UnknownSegmentError(DefinitionError):
    """A reference names no segment of the account."""

    def __init__(self, ref: str) -> None:
        super().__init__(f'Unknown segment: "{ref}" is no id or slug of a segment.')
        self.ref = ref


class SegmentInUseError(DefinitionError):
    """Others depend on what would go away; the text names them."""
