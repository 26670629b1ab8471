#!/usr/bin/env python
"""The product's commands; `manage.py up` runs everything."""

from __future__ import annotations

import sys

from lyticsapp.local import environment
from lyticsapp.local.errors import LocalError


def main() -> None:
    try:
        arguments = environment.prepare(sys.argv)
    except LocalError as error:
        sys.exit(f"lyticsapp: {error}")

    from django.core.management import execute_from_command_line

    execute_from_command_line(arguments)


if __name__ == "__main__":
    main()
