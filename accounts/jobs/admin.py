"""Admin pages of jobs, schedules and task results: read only, except that IT edits schedules."""

from typing import Any

import allauth.account.admin  # noqa: F401 (registered first, so that it can be taken out)
import django_celery_results.admin  # noqa: F401
from allauth.account.models import EmailAddress, EmailConfirmation
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_celery_beat.admin import PeriodicTaskAdmin
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from django_celery_results.models import GroupResult, TaskResult

from accounts.jobs.models import Job
from accounts.people.admin_bases import ListedLookups, ReadOnlyAdmin

admin.site.disable_action("delete_selected")
for model in (EmailAddress, EmailConfirmation):
    if admin.site.is_registered(model):
        admin.site.unregister(model)  # Staff has one e-mail address; a second would be a second way to sign in


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ["kind", "subject", "state", "attempts", "created_at", "started_at", "finished_at"]
    list_filter = ["state", "kind"]
    search_fields = ["kind", "subject"]


admin.site.unregister(PeriodicTask)


@admin.register(PeriodicTask)
class ScheduleAdmin(ListedLookups, PeriodicTaskAdmin):
    """The library's page without its inline script, which the hub's content security policy blocks."""

    change_form_template = "admin/change_form.html"
    list_select_related = ["interval", "crontab", "solar", "clocked"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return admin.ModelAdmin.get_queryset(self, request)


def _reregister(model: Any, keeping_to: type[admin.ModelAdmin], **options: Any) -> None:
    """Replace the library's admin page of the model with one that extends the class `keeping_to`."""
    registered = type(admin.site.get_model_admin(model))
    admin.site.unregister(model)
    admin.site.register(model, type(registered.__name__, (keeping_to, registered), options))


for schedule in (ClockedSchedule, CrontabSchedule, IntervalSchedule, SolarSchedule):
    _reregister(schedule, ListedLookups)
for result in (TaskResult, GroupResult):
    _reregister(result, ReadOnlyAdmin, date_hierarchy=None)
