"""Pages of the installation, for its operators: the schedule, failed logins."""

from __future__ import annotations

from typing import Any, ClassVar

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from lyticsapp.accounts.models import User
from lyticsapp.face.unfolded import UnfoldModelAdmin

_REPLACED = (
    AccessAttempt,
    AccessFailureLog,
    AccessLog,
    ClockedSchedule,
    CrontabSchedule,
    Group,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
for _model in _REPLACED:
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


class OperatorModelAdmin(UnfoldModelAdmin):
    """Pages that show the installation, to its operators alone."""

    menu_group: ClassVar[str] = "Installation"
    menu_icon: ClassVar[str] = "circle"
    menu_order: ClassVar[int] = 100
    menu_title: ClassVar[str] = ""
    actions = None
    list_per_page = 50
    change_form_template = "admin/face/object.html"

    def menu_count(self, request: HttpRequest) -> int:
        """Nothing waits on these pages."""
        return 0

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_superuser

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PeriodicTask)
class ScheduleAdmin(OperatorModelAdmin):
    """What beat starts, and when it last did; set in the settings."""

    menu_icon = "schedule"
    menu_order = 30
    menu_title = "Schedule"
    list_display = ["name", "task", "scheduler", "enabled", "last_run_at"]
    search_fields = ["name", "task"]
    search_help_text = "Name or task"
    fields = ["name", "task", "enabled", "last_run_at", "total_run_count"]


@admin.register(AccessAttempt)
class FailedLoginAdmin(OperatorModelAdmin):
    """Failed logins; deleting one lets the person try again at once."""

    menu_icon = "lock"
    menu_order = 40
    menu_title = "Failed logins"
    list_display = ["username", "ip_address", "attempt_time", "failures_since_start"]
    search_fields = ["username", "ip_address"]
    search_help_text = "Address"
    ordering = ["-attempt_time"]
    fields = [
        "username",
        "ip_address",
        "user_agent",
        "attempt_time",
        "failures_since_start",
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)
