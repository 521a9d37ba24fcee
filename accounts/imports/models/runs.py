from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from accounts.imports.models.feeds import Feed


class ImportRun(models.Model):
    """One file on its way into the hub: read, compared, shown or stopped by a guard, applied, perhaps undone."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READING = "reading", "Being read"
        PREVIEW = "preview", "Ready to apply"
        STOPPED = "stopped", "Stopped: somebody has to look"
        APPLYING = "applying", "Being applied"
        APPLIED = "applied", "Applied"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"
        REFUSED = "refused", "Refused"
        DISCARDED = "discarded", "Discarded"
        NO_FILE = "no_file", "No file had come"

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "By schedule"
        UPLOAD = "upload", "Uploaded"
        HAND = "hand", "Started by hand"
        COMMAND = "command", "Command line"

    # What came, and from where.
    kind = models.CharField(max_length=20, default="workbook", help_text="As the registry of imports knows it.")
    feed: "models.ForeignKey[Feed, Feed]" = models.ForeignKey(  # type: ignore[misc] # every kind but the workbook has one
        "accounts.Feed", null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    division = models.ForeignKey(
        "accounts.Division",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text="Whose a workbook's accounts are.",
    )
    trigger = models.CharField(max_length=8, choices=Trigger.choices, default=Trigger.UPLOAD)
    business_date = models.DateField(null=True, blank=True, help_text="The local day for which the schedule ran it.")
    file = models.FileField(upload_to="imports/%Y/%m/", max_length=200, blank=True)
    lines_file = models.FileField(upload_to="imports/%Y/%m/", max_length=200, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_at = models.DateTimeField(null=True, blank=True, help_text="The date in its name, else when it was written.")
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    # How a workbook is read.
    blanks_keep = models.BooleanField(
        "blank cells keep what the hub has", default=True, help_text="Otherwise a blank cell empties the field."
    )
    repair_names = models.BooleanField("repair damaged names", default=True, help_text="“CafÃ©” becomes “Café”.")
    propose_dates = models.BooleanField(
        "propose due dates", default=True, help_text="“Follow up on Friday” is due the Friday after the row's date."
    )
    # Where it is, and who brought it there.
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="import_runs")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    message = models.TextField(blank=True, help_text="Why it was refused, came to nothing, or was not undone.")
    # What was found in it.
    rows = models.PositiveIntegerField(default=0, help_text="Rows of data in the file.")
    counts = models.JSONField(default=dict, help_text="Rows by bucket; of a workbook by tab.")
    kinds = models.JSONField(default=dict, help_text="Problems by kind; of a workbook by tab.")
    hints = models.JSONField(default=dict, help_text="What is worth a look and no problem, by tab and kind.")
    remarks = models.JSONField(default=list, help_text="What was said about the file as a whole.")
    unknown_people = models.JSONField(default=dict, help_text="Names that the staff list doesn't have: rows.")
    vanished = models.PositiveIntegerField(default=0, help_text="Known customers that the file doesn't hold any more.")
    moved = models.PositiveIntegerField(default=0, help_text="Accounts that changed hands because of it.")
    guards = models.JSONField(default=list, help_text="What stopped it: code and sentence of each.")
    approved_counts = models.JSONField(null=True, help_text="What whoever approved it was looking at.")
    digest = models.CharField(max_length=64, blank=True, help_text="Of every decision: apply does what was previewed.")
    made = models.JSONField(default=dict, help_text="Ids of staff and aliases that came with it, for the undo.")
    seconds = models.FloatField(default=0, help_text="Of reading, comparing and applying.")
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["feed", "business_date"],
                condition=models.Q(trigger="schedule"),
                name="one_scheduled_run_a_day",
            ),
            models.UniqueConstraint(
                fields=["feed"],
                condition=models.Q(state__in=["applying", "undoing"]),
                name="one_run_of_a_feed_writes",
            ),
            models.UniqueConstraint(
                fields=["feed", "file_name", "file_at", "sha256"],
                condition=~models.Q(trigger="upload") & ~models.Q(file_name="") & ~models.Q(state="undone"),
                name="one_run_a_dropped_file",
            ),
            models.UniqueConstraint(
                fields=["feed", "sha256"],
                condition=models.Q(trigger="upload", state__in=["waiting", "reading", "preview", "stopped"]),
                name="one_open_run_an_uploaded_file",
            ),
        ]
        indexes = [
            models.Index(fields=["feed", "-created_at"], name="import_run_by_feed"),
            models.Index(fields=["kind", "-created_at"], name="import_run_by_kind"),
        ]

    def __str__(self) -> str:
        words = f"{self.file_name or 'no file'} ({self.get_state_display()})"
        return f"{self.feed}: {words}" if self.feed else words

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and self.feed_id:
            self.kind = self.feed.kind
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("feeds:run" if self.feed_id else "workbook:run", args=[self.pk])

    @property
    def rows_per_second(self) -> int:
        return round(self.rows / self.seconds) if self.seconds else 0

    @property
    def outlook(self) -> dict[str, Any]:
        """What it would do, and what is odd about that: who approves it has seen this, and nothing else."""
        return {**self.counts, "vanished": self.vanished, "guards": [guard["code"] for guard in self.guards]}

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def author(self) -> str:
        """What stands as the author of its changes in the history."""
        return f"Import {self.pk}: {self.feed.name}" if self.feed else f"Workbook import {self.pk}"

    @property
    def writes(self) -> int:
        """How many rows of a workbook would change the hub, or have changed it."""
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

    OVER = (State.APPLIED, State.UNDONE, State.REFUSED, State.DISCARDED, State.NO_FILE)


class ImportRow(models.Model):
    """What a run decided for one row of its file that isn't simply the same as before."""

    class Bucket(models.TextChoices):
        NEW = "new", "New"
        CHANGED = "changed", "Changed"
        SAME = "same", "As before"  # with something worth a look
        HELD = "held", "Held"
        REFUSED = "refused", "Refused"
        # No rows of the file, so that `row` is 0: a customer that it lacks, and an account that changed hands by it.
        VANISHED = "vanished", "Vanished"
        MOVED = "moved", "Changed hands"

    # Written with the run's row locked; to check each of a million rows once more took longer than to write them.
    run = models.ForeignKey(
        ImportRun,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,  # import_row_by_bucket begins with it
        related_name="decided",
    )
    tab = models.CharField(max_length=20, blank=True)
    row = models.PositiveIntegerField(help_text="The row's number in the file, from 1 with all rows counted.")
    bucket = models.CharField(max_length=8, choices=Bucket.choices)
    warned = models.BooleanField(default=False)
    external_id = models.CharField("ID", max_length=60, blank=True, help_text="How the file calls the record.")
    label = models.CharField(max_length=120, blank=True)
    cells = models.JSONField(
        default=dict, help_text="Of held rows what they say; of changed ones what was there before, for the undo."
    )
    version = models.PositiveIntegerField(null=True, help_text="The record's version before the change.")
    changes = models.JSONField(default=dict, help_text="Field: [old, new], as people read them.")
    problem_field = models.CharField(max_length=40, blank=True)
    problem_kind = models.CharField(max_length=40, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    problems = models.JSONField(default=list, help_text="Of a tab's row: field, kind, sentence and weight of each.")
    kinds = models.CharField(max_length=200, blank=True, help_text="Their kinds, each between bars.")
    account = models.ForeignKey(  # import_row_by_account leaves out the many that have none
        "accounts.Account", null=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When a held row was taken up after all.")
    at_fault = ""  # `problem_field` in words, where a page shows it

    class Meta:
        ordering = ["run", "tab", "row", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "tab", "row"], condition=models.Q(row__gt=0), name="one_bucket_an_import_row"
            )
        ]
        indexes = [
            models.Index(fields=["run", "tab", "bucket", "row"], name="import_row_by_bucket"),
            models.Index(
                fields=["bucket", "problem_kind"],
                condition=models.Q(bucket="held", settled_at=None),
                name="import_rows_held",
            ),
            models.Index(fields=["account"], condition=models.Q(account__isnull=False), name="import_row_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.tab} row {self.row}: {self.bucket}".strip().capitalize()
