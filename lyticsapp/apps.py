"""The composition root: binds what lower packages declare to who implements it."""

from __future__ import annotations

from django.apps import AppConfig


class LyticsappConfig(AppConfig):
    """Binds the packages to each other once all of them are loaded."""

    name = "lyticsapp"

    def ready(self) -> None:
        """Give the pipeline its trigger sink, and segments those that depend on them."""
        from segments.definitions import dependencies, presentation
        from segments.membership.size import sizes_of
        from segments.pipeline import triggers
        from subscriptions import lookup
        from subscriptions.outbox import Outbox

        triggers.bind(Outbox)
        dependencies.bind(lookup.dependants_of)
        presentation.bind(sizes_of)
