from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from simple_history.models import HistoricalRecords

FEED_KINDS: dict[str, str] = {}  # label by name: each app registers those that it knows (`imports.runs.registry`)


def feed_kinds() -> list[tuple[str, str]]:
    return list(FEED_KINDS.items())


class Feed(models.Model):
    """One stream of files from the ERP or a review site: where they come from, how they read, when, and what is odd."""

    class Holds(models.TextChoices):
        ALL = "all", "Everything that there is (who is missing has vanished)"
        CHANGES = "changes", "Only what is new or changed"

    class DateOrder(models.TextChoices):
        YMD = "ymd", "Year, month, day"
        DMY = "dmy", "Day, month, year"
        MDY = "mdy", "Month, day, year"

    class Days(models.TextChoices):
        NEVER = "", "Not by itself"
        DAILY = "daily", "Every day"
        WEEKDAYS = "weekdays", "Monday to Friday"
        WEEKLY = "weekly", "Every Monday"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=feed_kinds)
    source = models.SlugField(
        max_length=30, default="erp", help_text="Whose IDs these are. Feeds of one source mean the same customers."
    )
    id_prefix = models.CharField(
        "prefix of IDs", max_length=10, blank=True, help_text="Put before every ID, so that two sources don't collide."
    )
    division = models.ForeignKey(
        "accounts.Division",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="feeds",
        help_text="Whose new accounts and sales these are. Empty: a column of the file says so, or nobody's.",
    )
    is_active = models.BooleanField("in use", default=True)
    holds = models.CharField("a file holds", max_length=8, choices=Holds.choices, default=Holds.ALL)
    # Where the file comes from.
    folder = models.CharField(
        "drop folder",
        max_length=200,
        blank=True,
        help_text="Below the hub's drop folder (HUB_DROP_DIR). Empty: files are uploaded by hand.",
    )
    pattern = models.CharField(
        "file name", max_length=120, blank=True, help_text="As in customers_*.csv. A date in the name is the file's."
    )
    lines_pattern = models.CharField(
        "file of lines", max_length=120, blank=True, help_text="Sales only: a second file with each invoice's lines."
    )
    settle_seconds = models.PositiveIntegerField(
        "quiet for", default=60, help_text="Seconds for which a file mustn't have grown before it is read."
    )
    # How it reads.
    tab = models.CharField(max_length=80, blank=True, help_text="Of a workbook. Empty: the first with something in it.")
    encoding = models.CharField(max_length=20, blank=True, help_text="Empty: found out (UTF-8, UTF-16, Windows-1252).")
    delimiter = models.CharField(max_length=1, blank=True, help_text="Empty: found out. t stands for a tab.")
    decimal_comma = models.BooleanField("decimal comma", default=False, help_text="1.234,50 in place of 1,234.50")
    date_order = models.CharField(max_length=3, choices=DateOrder.choices, default=DateOrder.YMD)
    header_row = models.PositiveSmallIntegerField(
        default=1, help_text="The row with the columns' names. What stands before is left out."
    )
    footer_rows = models.PositiveSmallIntegerField(default=0, help_text="Rows at the end that are no data.")
    has_trailer = models.BooleanField(
        "last row counts", default=False, help_text="The last row holds the number of rows, as in TOTAL,1234."
    )
    mapping = models.JSONField(
        "columns", default=dict, blank=True, help_text="Hub field: column of the file. Empty: by the columns' names."
    )
    lines_mapping = models.JSONField("columns of the lines", default=dict, blank=True)
    only = models.JSONField(
        "only rows where",
        default=dict,
        blank=True,
        help_text='Column: values, as in {"Stage": ["Won"]}. Other rows are left out, and counted.',
    )
    rows_are_lines = models.BooleanField(
        "a row is a line of its invoice", default=False, help_text="Sales only: rows of one invoice are added up."
    )
    # When it comes.
    days = models.CharField("runs", max_length=8, choices=Days.choices, default=Days.NEVER, blank=True)
    runs_at = models.TimeField("at", null=True, blank=True, help_text="Lagos time.")
    # What is too odd to apply unasked.
    most_vanished = models.PositiveSmallIntegerField(
        "customers that may vanish (%)", default=10, help_text="Of those known; up to 25 always may."
    )
    most_changed = models.PositiveSmallIntegerField("rows that may change (%)", default=30)
    updated_at = models.DateTimeField(editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    history = HistoricalRecords()
    _history_user: Any

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="a_feed_has_a_name"),
            models.CheckConstraint(
                condition=models.Q(days="") | models.Q(runs_at__isnull=False), name="a_scheduled_feed_has_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(most_vanished__lte=100, most_changed__lte=100), name="guards_are_percentages"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def validate_constraints(self, exclude: Any = None) -> None:
        """Nothing: the verb says what can't be, and at which field."""

    def get_absolute_url(self) -> str:
        return reverse("feeds:feed", args=[self.pk])


# An account's fields that the ERP's customer wins over.
ERP_OWNED = {"name": "company name", "erp_customer_id": "ERP customer ID", "industry": "industry"}


class ErpCustomer(models.Model):
    """A customer as the ERP last gave it, and the account that it is in the hub. What stands here wins over the hub."""

    class Check(models.TextChoices):
        WAITING = "waiting", "Waits for the steward"
        MATCH = "match", "Looks like an account of the hub"  # has no account yet
        VALID = "valid", "Validated"
        REJECTED = "rejected", "Not wanted in the hub"  # has no account

    source = models.SlugField(max_length=30, db_index=False)  # one_erp_customer_an_id begins with it
    external_id = models.CharField("ERP customer ID", max_length=40)
    account = models.OneToOneField(
        "accounts.Account", null=True, blank=True, on_delete=models.SET_NULL, related_name="erp_customer"
    )
    division = models.ForeignKey(
        "accounts.Division", null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    name = models.CharField(max_length=200)
    name_key = models.CharField(max_length=200)
    industry = models.CharField(max_length=80, blank=True)
    credit_status = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    main_phone = models.CharField(max_length=60, blank=True)
    search_text = models.TextField(default="")
    digest = models.CharField(max_length=32, help_text="Of the row's cells: the same digest, the same row.")
    check_state = models.CharField("validation", max_length=8, choices=Check.choices, default=Check.WAITING)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    checked_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField("why not", max_length=200, blank=True)
    # Unchecked as ImportRow.run is.
    first_run = models.ForeignKey(
        "accounts.ImportRun", null=True, on_delete=models.SET_NULL, db_constraint=False, related_name="+"
    )
    last_run = models.ForeignKey(
        "accounts.ImportRun",
        null=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="+",
        help_text="Changed it.",
    )
    vanished_at = models.DateTimeField(null=True, blank=True, help_text="When a full export first lacked it.")
    is_demo = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="one_erp_customer_an_id"),
            models.CheckConstraint(condition=~models.Q(external_id=""), name="an_erp_customer_has_an_id"),
        ]
        indexes = [
            models.Index(fields=["check_state", "division", "name"], name="erp_customer_by_check"),
            models.Index(fields=["vanished_at"], condition=models.Q(vanished_at__isnull=False), name="erp_vanished"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id} {self.name}"

    @property
    def owns(self) -> dict[str, str]:
        """The account's fields that are the ERP's, and what they are called: the industry only where it gives one."""
        return {name: label for name, label in ERP_OWNED.items() if name != "industry" or self.industry}


class FeedFreshness(models.Model):
    """When each feed last brought good data; one row a feed, so that every page can ask cheaply."""

    feed = models.OneToOneField(Feed, on_delete=models.CASCADE, related_name="freshness")
    run = models.ForeignKey("accounts.ImportRun", null=True, on_delete=models.SET_NULL, related_name="+")
    good_at = models.DateTimeField(null=True, help_text="When the last good run ended.")
    file_at = models.DateTimeField(null=True)
    late_after = models.DateTimeField(
        null=True, blank=True, db_index=True, help_text="From then on, without a newer run, the data is stale."
    )

    class Meta:
        verbose_name_plural = "feeds' freshness"

    def __str__(self) -> str:
        return f"{self.feed}: {self.good_at or 'never'}"
