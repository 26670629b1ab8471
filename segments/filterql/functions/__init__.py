"""The functions of the language, one module a subject.

A module here registers its functions as it is imported, and every module here is
imported: to add a subject, add a file.
"""

from __future__ import annotations

import importlib
import pkgutil

from segments.filterql.functions.registry import (
    Context,
    Function,
    everything,
    find,
    names,
)

__all__ = ["Context", "Function", "everything", "find", "names"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
