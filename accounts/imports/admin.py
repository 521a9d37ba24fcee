"""Runs of the workbook's import and their rows, to read."""

from django.contrib import admin

from accounts.imports.models import ImportRow, ImportRun
from accounts.people.admin_bases import ReadOnlyAdmin


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = ["file_name", "kind", "state", "division", "by", "uploaded_at", "applied_at", "undone_at"]
    list_filter = ["state", "kind", "division"]
    list_select_related = ["division", "by"]
    search_fields = ["file_name", "sha256"]
    exclude = ["file"]  # uploads have no address: the run's own page gives them back


@admin.register(ImportRow)
class ImportRowAdmin(ReadOnlyAdmin):
    """Old and new values are on the run's own page, which knows whose notes are confidential; here their names."""

    list_display = ["run", "tab", "row", "bucket", "code"]
    list_filter = ["bucket", "tab"]
    list_select_related = ["run"]
    search_fields = ["=code"]
    raw_id_fields = ["run"]
    fields = ["run", "tab", "row", "bucket", "code", "changed_fields", "problem_texts"]

    @admin.display(description="Changed fields")
    def changed_fields(self, obj: ImportRow) -> str:
        return ", ".join(obj.changes)

    @admin.display(description="Problems")
    def problem_texts(self, obj: ImportRow) -> str:
        return "; ".join(f"{row.get('field')}: {row.get('kind')}" for row in obj.problems)
