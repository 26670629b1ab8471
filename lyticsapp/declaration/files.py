"""Files that declare something, one each: found in their package, checked for parts."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from types import ModuleType

from lyticsapp.declaration.errors import FileLacksPartError


def declaring_files(package: ModuleType) -> Iterator[tuple[str, ModuleType]]:
    """The name of each file in a package, and its module."""
    for info in pkgutil.iter_modules(package.__path__):
        yield info.name, importlib.import_module(f"{package.__name__}.{info.name}")


def require(module: ModuleType, parts: Sequence[str], contract: str) -> None:
    """Raise FileLacksPartError where a file lacks what its contract asks for."""
    missing = [name for name in parts if not hasattr(module, name)]
    if missing:
        raise FileLacksPartError(module.__name__, missing, contract)
