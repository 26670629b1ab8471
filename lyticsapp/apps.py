"""The composition root: binds what lower packages declare to who implements it."""

from __future__ import annotations

from django.apps import AppConfig


class LyticsappConfig(AppConfig):
    """Binds the packages to each other once all of them are loaded."""

    name = "lyticsapp"

    def ready(self) -> None:
        """Give each package what it has declared and another one implements."""
        from lyticsapp.accounts import identity_fields
        from lyticsapp.authorizations import connection_test
        from lyticsapp.authorizations import dependencies as authorization_dependencies
        from lyticsapp.jobs import connection_steps, workflow
        from lyticsapp.jobs import lookup as job_lookup
        from segments.definitions import dependencies, lock, presentation
        from segments.membership.size import sizes_of
        from segments.pipeline import triggers
        from subscriptions import lookup, trigger_jobs
        from subscriptions.outbox import Outbox

        identity_fields.bind(lock.exclusive)
        authorization_dependencies.bind(job_lookup.using)
        connection_test.bind("jobs", connection_steps.steps_of)
        triggers.bind(Outbox)
        dependencies.bind(lookup.dependants_of)
        presentation.bind(sizes_of)
        workflow.bind("subscriptions", trigger_jobs.workflows)
