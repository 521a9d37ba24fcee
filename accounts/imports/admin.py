"""Imports and their rows, to read."""

from django.contrib import admin

from accounts.imports.models import ImportRow, ImportRun
from accounts.people.admin_bases import ReadOnlyAdmin


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = [
        "file_name",
        "kind",
        "feed",
        "state",
        "trigger",
        "rows",
        "division",
        "by",
        "created_at",
        "finished_at",
    ]
    list_filter = ["state", "kind", "trigger", "feed", "division"]
    list_select_related = ["feed", "division", "by"]
    search_fields = ["file_name", "sha256"]
    exclude = ["file", "lines_file"]  # files have no address: the run's own page gives them back

    def view_on_site(self, obj: ImportRun) -> str:
        return obj.get_absolute_url()


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    """Old and new values are on the run's own page, which knows whose notes are confidential; here their names."""

    list_display = ["run", "tab", "row", "bucket", "external_id", "label", "problem_kind"]
    list_filter = ["bucket", "tab"]
    list_select_related = ["run__feed"]
    search_fields = ["=external_id"]
    raw_id_fields = ["run", "account"]
    fields = [
        *("run", "tab", "row", "bucket", "external_id", "account", "changed_fields", "problem_texts", "settled_at"),
    ]

    @admin.display(description="Changed fields")
    def changed_fields(self, obj: ImportRow) -> str:
        return ", ".join(obj.changes)

    @admin.display(description="Problems")
    def problem_texts(self, obj: ImportRow) -> str:
        said = obj.problems or ([{"field": obj.problem_field, "kind": obj.problem_kind}] if obj.problem_kind else [])
        return "; ".join(f"{row.get('field')}: {row.get('kind')}" for row in said)
