"""Answer questions about filters: JSON lines in, JSON lines out."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from segments.filterql.protocol import answers


class Command(BaseCommand):
    """Reads no settings of an account and no database: filters stand alone."""

    help = (
        'Read JSON lines {"ql", "context", "types", "now", "includes"} and write '
        'for each {"match", "ok", "boundary"} or {"error", "line", "column"}.'
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        for line in answers(sys.stdin.buffer, lambda: datetime.now(UTC)):
            self.stdout.write(line)
            self.stdout.flush()
