"""Evaluate every filter over every profile and compare with what is stored."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from segments.pipeline.verify import verify

MOST_SHOWN = 100


class Command(BaseCommand):
    """`manage.py verify`: exits 1 and lists the differences where there are any."""

    help = "Recompute every membership from scratch and compare with what is stored."

    def handle(self, **options: Any) -> None:
        """Print progress to standard error and differences to standard output."""
        profiles = found = overdue = 0
        for progress in verify():
            profiles += progress.profiles
            overdue += progress.overdue
            for difference in progress.differences:
                found += 1
                if found <= MOST_SHOWN:
                    self.stdout.write(str(difference))
            self.stderr.write(f"\r{profiles:,} profiles compared", ending="")
        self.stderr.write("")
        if overdue:
            self.stdout.write(
                f"{overdue:,} profiles are due and wait for the sweep; they were "
                "compared as of their due time."
            )
        if found:
            raise CommandError(
                f"{found:,} memberships or due times differ from their filters "
                f"({min(found, MOST_SHOWN):,} shown)."
            )
        self.stdout.write(f"{profiles:,} profiles: every membership is as its filter.")
