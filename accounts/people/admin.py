"""Admin pages of staff and divisions. IT and administrators manage staff; people set passwords by a mailed link."""

from typing import Any

import django.contrib.auth.admin  # noqa: F401 (registered first, so that groups can be taken out)
from allauth.account.forms import ResetPasswordForm
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join

from accounts.people.access import staff_of
from accounts.people.actions.staff import (
    MANY,
    TEXT_FIELDS,
    add_staff,
    depart,
    edit_division,
    edit_staff,
    point_alias,
    return_to_work,
    save_product_line,
    set_roles,
    set_working_hours,
    staff_digest,
)
from accounts.people.admin_bases import HistoryAdmin, ReadOnlyAdmin, VerbAdmin, VerbForm
from accounts.people.models import (
    Division,
    Leave,
    Movement,
    Notice,
    ProductLine,
    Staff,
    StaffAlias,
    StaffRole,
    WorkingHours,
)
from accounts.people.roles import ROLE_LABELS, STAFFING, Role
from mikano_cx.kit.names import plain

OWN_RIGHTS = ("granted", "divisions", "is_active", "last_working_day")  # nobody changes their own

admin.site.unregister(Group)  # the hub has roles instead


class StaffForm(VerbForm):
    granted = forms.MultipleChoiceField(
        label="Roles",
        required=False,
        choices=[(role.value, ROLE_LABELS[role]) for role in Role],
        widget=forms.CheckboxSelectMultiple,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    acting: Staff

    class Meta:
        model = Staff
        fields = (
            *("full_name", "username", "email", "initials", "erp_code"),
            *("divisions", "product_lines", "is_active", "last_working_day"),
        )
        widgets = {"divisions": forms.CheckboxSelectMultiple, "product_lines": forms.CheckboxSelectMultiple}
        help_texts = {
            "product_lines": "What the person sells: inquiries about it come to whoever sells it, in turn.",
            "email": "Where the link to set a password goes.",
            "last_working_day": "People leave, they are never deleted. Signing in ends after this day; empty it to "
            "take a departure back.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "product_lines" in self.fields:  # each choice shows its division
            lines: Any = self.fields["product_lines"]
            lines.queryset = ProductLine.objects.select_related("division")
            lines.label_from_instance = lambda line: f"{line.division}: {line.name}"
        if self.instance.pk and "granted" in self.fields:
            self.fields["granted"].initial = [row.role for row in self.instance.roles.all()]
        if self.instance.pk and "seen" in self.fields:
            self.fields["seen"].initial = staff_digest(self.instance)
        if self.instance.pk and self.instance == self.acting:
            for name in OWN_RIGHTS:
                self.fields[name].disabled = True


@admin.register(Staff)
class StaffAdmin(HistoryAdmin, VerbAdmin):
    form = StaffForm
    list_display = ["full_name", "username", "email", "role_names", "division_names", "is_active", "last_working_day"]
    list_filter = ["roles__role", "divisions", "is_active", ("last_working_day", admin.EmptyFieldListFilter)]
    search_fields = ["name_key"]
    search_help_text = "Name, sign-in name or e-mail"
    actions = ["send_password_link"]
    readonly_fields = ["is_superuser", "last_login", "roles_over_time"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Staff]:
        return super().get_queryset(request).prefetch_related("roles", "divisions")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> Any:
        words = plain(search_term).split()
        for word in words:
            queryset = queryset.filter(name_key__contains=word) | queryset.filter(email__icontains=word)
        return queryset, True

    def has_change_permission(self, request: HttpRequest, obj: Staff | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and not (obj and obj.is_superuser and not staff_of(request).is_superuser)

    def get_fieldsets(self, request: HttpRequest, obj: Staff | None = None) -> Any:
        writable = obj is None or self.has_change_permission(request, obj)
        roles = "granted" if writable else "role_names"
        who = ["full_name", "username", "email", "initials", "erp_code", *(["seen"] if obj and writable else [])]
        rights = [
            roles,
            "divisions",
            "product_lines",
            "is_active",
            *(["last_working_day", "is_superuser"] if obj else []),
        ]
        shown = [(None, {"fields": who}), ("What they may do", {"fields": rights})]
        return [*shown, ("Record", {"fields": ["last_login", "roles_over_time"]})] if obj else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Staff | None = None) -> Any:
        return [*self.readonly_fields, "role_names"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"acting": request.user})

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Staff:
        by, at, given = staff_of(request), timezone.now(), form.cleaned_data
        if not change:
            names = (*TEXT_FIELDS, *MANY, "is_active")
            values = {name: given[name] for name in names}
            return add_staff(by=by, at=at, values=values, granted=given["granted"])
        others = ("granted", "last_working_day", "seen")
        values = {name: given[name] for name in form.changed_data if name not in others}
        person = edit_staff(obj, by=by, at=at, values=values, seen=given["seen"])
        if "granted" in form.changed_data:
            set_roles(obj, by=by, at=at, granted=given["granted"])
        if "last_working_day" in form.changed_data and given["last_working_day"]:
            day = given["last_working_day"]
            return depart(obj, by=by, at=at, last_working_day=day)
        if "last_working_day" in form.changed_data:
            return return_to_work(obj, by=by, at=at)
        return person

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> Any:
        if obj.email and obj.is_active:
            self._send(request, [obj])
        return super().response_add(request, obj, post_url_continue)

    @admin.action(description="Mail a link to set the password", permissions=["change"])
    def send_password_link(self, request: HttpRequest, queryset: QuerySet[Staff]) -> None:
        self._send(request, [person for person in queryset if person.is_active and person.email])

    def _send(self, request: HttpRequest, people: list[Staff]) -> None:
        for person in people:
            form = ResetPasswordForm({"email": person.email})
            if form.is_valid():
                form.save(request)
        names = ", ".join(person.full_name for person in people) or "nobody: no e-mail address, or not active"
        self.message_user(request, f"A link to set the password was mailed to {names}.", messages.INFO)

    @admin.display(description="Roles")
    def role_names(self, obj: Staff) -> str:
        return ", ".join(sorted(row.get_role_display() for row in obj.roles.all())) or "none"

    @admin.display(description="Divisions")
    def division_names(self, obj: Staff) -> str:
        return ", ".join(division.name for division in obj.divisions.all()) or "none"

    @admin.display(description="Roles over time")
    def roles_over_time(self, obj: Staff) -> str:
        words = {"+": "given", "-": "taken away", "~": "changed"}
        rows = StaffRole.history.filter(staff_id=obj.pk).select_related("history_user").order_by("history_date")
        changes = [
            (
                f"{timezone.localtime(row.history_date):%-d %b %Y, %H:%M}",
                ROLE_LABELS[Role(row.role)],
                words[row.history_type],
                row.history_user or "the command line",
            )
            for row in rows
        ]
        return format_html_join("", "<div>{}: {} {} by {}</div>", changes) or "nothing yet"


@admin.register(StaffRole)
class StaffRoleAdmin(HistoryAdmin, ReadOnlyAdmin):
    list_display = ["staff", "role"]
    list_filter = ["role"]
    list_select_related = ["staff"]
    search_fields = ["staff__name_key"]


class StaffAliasForm(VerbForm):
    class Meta:
        model = StaffAlias
        fields = ("staff",)
        labels = {"staff": "Means"}
        help_texts = {"staff": "From the next import on. Rows that are imported already stay whose they are."}


@admin.register(StaffAlias)
class StaffAliasAdmin(HistoryAdmin, VerbAdmin):
    """Spellings of people in imported files. The workbook's import page adds them."""

    form = StaffAliasForm
    list_display = ["written", "staff"]
    list_select_related = ["staff"]
    search_fields = ["written", "staff__name_key"]
    autocomplete_fields = ["staff"]
    fields = ["written", "staff"]
    readonly_fields = ["written"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff_of(request).is_superuser or staff_of(request).has_role(STAFFING)

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> StaffAlias:
        return point_alias(obj, by=staff_of(request), at=timezone.now(), staff=form.cleaned_data["staff"])


class Week(BaseInlineFormSet):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queryset: Any = self.queryset.order_by("weekday")


class WorkingHoursInline(admin.TabularInline):
    model = WorkingHours
    formset = Week
    extra = 1
    max_num = 7

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("accounts.change_division")

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Division)
class DivisionAdmin(HistoryAdmin, VerbAdmin):
    list_display = ["name", "head", "steward", "go_live_on"]
    list_select_related = ["head", "steward"]
    autocomplete_fields = ["head", "steward"]
    fields = ["name", "head", "steward", "go_live_on", "position"]
    inlines = [WorkingHoursInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a migration creates the five divisions

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> Division:
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        at = timezone.now()
        return edit_division(obj, by=staff_of(request), at=at, values=values)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        week = {
            row["weekday"]: (row["opens"], row["closes"])
            for formset in formsets
            for row in (form.cleaned_data for form in formset.forms)
            if row and not row.get("DELETE")
        }
        for formset in formsets:  # the admin's log of changes reads these
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        set_working_hours(form.instance, by=staff_of(request), at=timezone.now(), week=week)


@admin.register(WorkingHours)
class WorkingHoursAdmin(HistoryAdmin, ReadOnlyAdmin):
    list_display = ["division", "weekday", "opens", "closes"]
    list_filter = ["division"]
    list_select_related = ["division"]


class ProductLineForm(VerbForm):
    class Meta:
        model = ProductLine
        fields = ("division", "name")


@admin.register(ProductLine)
class ProductLineAdmin(HistoryAdmin, VerbAdmin):
    """Product lines. The page of a person says which lines the person sells."""

    form = ProductLineForm
    list_display = ["name", "division"]
    list_filter = ["division"]
    list_select_related = ["division"]
    search_fields = ["name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["division"] if obj else []  # the line's past routings belong to that division

    def write(self, request: HttpRequest, obj: Any, form: Any, *, change: bool) -> ProductLine:
        given = {"name": form.cleaned_data["name"], "division": form.cleaned_data.get("division")}
        line = obj if change else None
        return save_product_line(line, by=staff_of(request), at=timezone.now(), **given)


@admin.register(Leave)
class LeaveAdmin(HistoryAdmin, ReadOnlyAdmin):
    """Leave, read only: the person or the head of the division records it on the page of routing."""

    list_display = ["staff", "first_day", "last_day", "recorded_by"]
    list_select_related = ["staff", "recorded_by"]
    search_fields = ["staff__name_key"]


@admin.register(Movement)
class MovementAdmin(ReadOnlyAdmin):
    """Departures and returns, read only: they are recorded on the person's own page."""

    list_display = ["staff", "kind", "at", "recorded_at", "recorded_by", "struck_at", "struck_by"]
    list_filter = ["kind", ("struck_at", admin.EmptyFieldListFilter)]
    list_select_related = ["staff", "recorded_by", "struck_by"]
    search_fields = ["staff__name_key"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    """Notices, read only, so that IT sees whether notices go out."""

    list_display = ["to", "account", "kind", "at", "read_at"]
    list_filter = ["kind"]
    list_select_related = ["to", "account"]
    search_fields = ["=account__code"]
    search_help_text = "An account's code, e.g. A001"
    raw_id_fields = ["account"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff_of(request).is_superuser or staff_of(request).has_role(STAFFING)

    has_module_permission = has_view_permission
