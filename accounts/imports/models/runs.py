from datetime import date

from django.conf import settings
from django.db import models


class ImportRun(models.Model):
    """One file brought in: upload, preview, apply, undo. Counts and problems stay for the record."""

    class State(models.TextChoices):
        CHECKING = "checking", "Being read"
        PREVIEW = "preview", "Ready to apply"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"
        REFUSED = "refused", "Refused"
        DISCARDED = "discarded", "Discarded"

    kind = models.CharField(max_length=20, default="workbook")
    state = models.CharField(max_length=12, choices=State.choices, default=State.CHECKING)
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=200)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    division = models.ForeignKey("accounts.Division", null=True, blank=True, on_delete=models.PROTECT)
    blanks_keep = models.BooleanField(
        "blank cells keep what the hub has", default=True, help_text="Otherwise a blank cell empties the field."
    )
    repair_names = models.BooleanField("repair damaged names", default=True, help_text="“CafÃ©” becomes “Café”.")
    propose_dates = models.BooleanField(
        "propose due dates", default=True, help_text="“Follow up on Friday” is due the Friday after the row's date."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="import_runs")
    uploaded_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    counts = models.JSONField(default=dict, help_text="Rows by tab and bucket.")
    kinds = models.JSONField(default=dict, help_text="Problems by tab and kind.")
    hints = models.JSONField(default=dict, help_text="What is worth a look and no problem, by tab and kind.")
    remarks = models.JSONField(default=list, help_text="What was said about the file as a whole.")
    unknown_people = models.JSONField(default=dict, help_text="Names that the staff list doesn't have: rows.")
    digest = models.CharField(max_length=64, blank=True, help_text="Of every decision: apply does what was previewed.")
    made = models.JSONField(default=dict, help_text="Ids of staff and aliases that came with it, for the undo.")
    message = models.TextField(blank=True, help_text="Why the file was refused, or not applied or undone.")
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_state_display()})"

    @property
    def writes(self) -> int:
        """How many rows would change the hub, or have changed it."""
        return sum(counts["new"] + counts["changed"] for counts in self.counts.values())

    @property
    def refusals(self) -> int:
        return sum(counts["refused"] for counts in self.counts.values())

    @property
    def old_before(self) -> date | None:
        """Next actions due before this local day are old ones; None where nobody asked for any."""
        day = self.made.get("old_before")
        return date.fromisoformat(day) if day else None

    @property
    def closes_old_actions(self) -> bool:
        """Whether the old next actions come in closed: done by nobody, at the instant of the import."""
        return bool(self.made.get("closes_old_actions"))


class ImportRow(models.Model):
    """What a run decided for one row of the file that isn't simply the same as in the hub."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    tab = models.CharField(max_length=20)
    row = models.PositiveIntegerField(help_text="The row's number in the sheet.")
    bucket = models.CharField(max_length=10)
    warned = models.BooleanField(default=False)
    code = models.CharField(max_length=24, blank=True)
    label = models.CharField(max_length=120, blank=True)
    changes = models.JSONField(default=dict, help_text="Field: [old, new], as people read them.")
    before = models.JSONField(default=dict, help_text="Field: the hub's value before, for the undo.")
    version = models.PositiveIntegerField(null=True, help_text="The record's version before the change.")
    problems = models.JSONField(default=list, help_text="Field, kind, sentence and weight of each.")
    kinds = models.CharField(max_length=200, blank=True, help_text="The problems' kinds, each between bars.")

    class Meta:
        ordering = ["run", "tab", "row"]
        constraints = [models.UniqueConstraint(fields=["run", "tab", "row"], name="one_bucket_a_row")]
        indexes = [models.Index(fields=["run", "tab", "bucket", "row"], name="import_row_by_bucket")]

    def __str__(self) -> str:
        return f"{self.tab} row {self.row}: {self.bucket}"
