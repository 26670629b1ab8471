"""What the list of jobs is narrowed by: the state, and what workflows declare."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from lyticsapp.authorizations import provider
from lyticsapp.jobs import workflow
from lyticsapp.jobs.models import JobState
from lyticsapp.jobs.workflow import Workflow


class StateFilter(SimpleListFilter):
    """Filters by the state; deleted jobs are in no list."""

    title = "status"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [each for each in JobState.choices if each[0] != JobState.DELETED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return queryset.filter(state=self.value()) if self.value() else queryset


class WorkflowFilter(SimpleListFilter):
    """Filters by something that the workflow of a job declares."""

    def declared(self, kind: Workflow) -> tuple[str, str]:
        """The value of a workflow, and how people know it."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        offered = {self.declared(kind) for kind in workflow.registry().values()}
        return sorted(offered, key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        if not self.value():
            return queryset
        keys = [
            key
            for key, kind in workflow.registry().items()
            if self.declared(kind)[0] == self.value()
        ]
        return queryset.filter(workflow__in=keys)


class ProviderFilter(WorkflowFilter):
    """Filters by where the data comes from or goes to."""

    title = "provider"
    parameter_name = "provider"

    def declared(self, kind: Workflow) -> tuple[str, str]:
        return kind.provider, provider.title_of(kind.provider)


class TypeFilter(WorkflowFilter):
    """Filters by the documented title, which several providers may have."""

    title = "type"
    parameter_name = "type"

    def declared(self, kind: Workflow) -> tuple[str, str]:
        return kind.title, kind.title


class DirectionFilter(WorkflowFilter):
    """Filters by which way the data goes."""

    title = "direction"
    parameter_name = "direction"

    def declared(self, kind: Workflow) -> tuple[str, str]:
        return kind.direction.value, kind.direction.value.capitalize()
