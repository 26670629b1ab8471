"""Fields of a filter that an account has never seen: worth a warning, no error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segments.filterql.errors import Place, nearest
from segments.filterql.nodes import Field, Node, walk
from segments.filterql.statements import Statement


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that is not known, where it stands, and which one was probably meant."""

    name: str
    place: Place
    suggestion: str = ""

    @property
    def line(self) -> int:
        return self.place.line

    @property
    def column(self) -> int:
        return self.place.column

    @property
    def message(self) -> str:
        meant = f". Did you mean {self.suggestion}?" if self.suggestion else ""
        return f"unknown field {self.name}{meant}"


def unknown_fields(
    source: Statement | Node | None, known: Iterable[str]
) -> list[UnknownField]:
    """The fields that are not among the known ones, in the order of the text.

    `known` holds flat names. Key `momentum` of the map `scores` is known as
    `scores.momentum`, or through `scores` where no key of that map is known.
    """
    node = source.expression if isinstance(source, Statement) else source
    names = frozenset(known)
    maps = {name.partition(".")[0] for name in names if "." in name}
    meant: dict[str, str] = {}
    found: list[UnknownField] = []
    for part in walk(node) if node else ():
        if not isinstance(part, Field) or _is_known(_flat_name(part), names, maps):
            continue
        name = _flat_name(part)
        if name not in meant:
            meant[name] = nearest(name, names)
        found.append(UnknownField(name, part.place, meant[name]))
    return found


def _flat_name(field: Field) -> str:
    return field.name if field.key is None else f"{field.name}.{field.key}"


def _is_known(name: str, names: frozenset[str], maps: set[str]) -> bool:
    root, dot, _ = name.partition(".")
    if name in names or (not dot and name in maps):
        return True
    return bool(dot) and root in names and root not in maps
