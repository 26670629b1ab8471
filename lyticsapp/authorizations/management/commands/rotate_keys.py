"""`manage.py rotate_keys`: encrypts every stored secret with the first key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lyticsapp.authorizations import rotation
from lyticsapp.authorizations.rotation import Column


class Command(BaseCommand):
    """Re-encrypts all secrets while everything runs; can be run again at any time."""

    help = (
        "Encrypt every stored secret with the first of ENCRYPTION_KEYS, while "
        "everything runs. Says whether the other keys can be removed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = sum(self._rotate(column) for column in rotation.columns())
        left = sum(map(rotation.left, rotation.columns())) - unreadable
        if left > 0:
            raise CommandError(
                f"{left:,} secrets were saved with an older key meanwhile. Restart "
                "every process with the new ENCRYPTION_KEYS, then run this again; "
                "keep the older keys until then."
            )
        if unreadable:
            raise CommandError(
                f"{unreadable:,} secrets can be read with none of the keys. Add the "
                "key they were written with and run this again, or enter these "
                "secrets anew. Keep the older keys until then."
            )
        self.stdout.write(
            "Every secret is encrypted with the first key. The other keys can be "
            "removed from ENCRYPTION_KEYS once every process runs with this first key."
        )

    def _rotate(self, column: Column) -> int:
        """Rotate a column; how many of its values none of the keys reads."""
        unreadable = 0
        for progress in rotation.rotate(column):
            unreadable = progress.unreadable
            self.stdout.write(
                f"{column}: {progress.seen:,} of {progress.total:,} looked at, "
                f"{progress.rewritten:,} encrypted anew"
            )
        return unreadable
