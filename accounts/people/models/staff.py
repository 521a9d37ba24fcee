"""Models of staff, their roles, and their spellings in files."""

from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import connections, models
from django.db.models.functions import Lower
from simple_history.models import HistoricalRecords

from accounts.people import roles
from accounts.people.roles import Role
from mikano_cx.kit.names import initials, person_key
from mikano_cx.kit.prepared_queries import keep_plan

FETCHED_ALONG: dict[str, str] = {}
"""Values that other slices and apps fetch in the same query as the signed-in person: SQL for one value, by its name.

The SQL may refer to the person as `p.id`. Slices and apps add theirs in `AppConfig.ready`.
"""


class StaffManager(BaseUserManager["Staff"]):
    def create_superuser(self, username: str, full_name: str, password: str | None = None, **extra: Any) -> "Staff":
        """Create the first administrator; only the command line calls this."""
        staff = self.model(username=username, full_name=full_name, is_superuser=True, **extra)
        staff.set_password(password)
        staff.save()
        StaffRole.objects.bulk_create([StaffRole(staff=staff, role=role) for role in (Role.IT, Role.PBI)])
        return staff

    def get_queryset(self) -> "models.QuerySet[Staff]":
        return StaffQuerySet(self.model, using=self._db)

    def with_rights(self, pk: int) -> "Staff | None":
        """The person with roles and divisions, or None. One hand-written query, because every page begins with it."""
        granted = (
            "SELECT staff_id, role AS granted FROM accounts_staffrole WHERE staff_id = %s UNION ALL "
            "SELECT staff_id, CAST(division_id AS varchar(20)) FROM accounts_staff_divisions WHERE staff_id = %s"
        )
        beside = "".join(f", ({sql}) AS {name}" for name, sql in FETCHED_ALONG.items())
        columns = (f"p.{field.column}" for field in self.model._meta.concrete_fields)
        told = f"{', '.join(columns)}, g.granted{beside}"  # columns by name, so that a kept plan survives a migration
        people = f"SELECT {told} FROM accounts_staff p LEFT JOIN ({granted}) g ON g.staff_id = p.id"  # noqa: S608
        with keep_plan(connections[self.db]):
            rows: list[Any] = list(self.raw(f"{people} WHERE p.id = %s", [pk, pk, pk]))
        if not rows:
            return None
        staff: Staff = rows[0]
        words = [row.granted for row in rows if row.granted]
        staff.__dict__["role_set"] = frozenset(Role(word) for word in words if not word.isdigit())
        staff.__dict__["division_ids"] = frozenset(int(word) for word in words if word.isdigit())
        return staff

    def working(self, on: date) -> "models.QuerySet[Staff]":
        """People whose last working day isn't before the local day `on`."""
        return self.filter(models.Q(last_working_day=None) | models.Q(last_working_day__gte=on), is_active=True)


class StaffQuerySet(models.QuerySet["Staff"]):
    def delete(self) -> Any:
        raise models.ProtectedError("People leave, they are never deleted: set their last working day.", set(self))


class Staff(AbstractBaseUser):
    """A member of staff, and the user who signs in. Never deleted, only departed."""

    username = models.CharField(
        "sign-in name", max_length=80, unique=True, error_messages={"unique": "Somebody signs in by this name already."}
    )
    full_name = models.CharField(max_length=120)
    name_key = models.CharField(max_length=120, editable=False, db_index=True)
    initials = models.CharField(max_length=4, blank=True)
    email = models.EmailField("e-mail", null=True, blank=True, unique=True)
    divisions = models.ManyToManyField("accounts.Division", blank=True, related_name="staff")
    product_lines = models.ManyToManyField("accounts.ProductLine", blank=True, related_name="staff")
    erp_code = models.CharField("ERP salesperson code", max_length=30, null=True, blank=True, unique=True)
    last_working_day = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(
        "may sign in", default=True, help_text="Off for people known only by name from an imported file."
    )
    is_superuser = models.BooleanField("administrator", default=False, editable=False)
    is_demo = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords(excluded_fields=["password", "last_login"], m2m_fields=[divisions, product_lines])

    objects = StaffManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name", "email"]

    class Meta:
        ordering = ["full_name"]
        verbose_name_plural = "staff"
        constraints = [  # signing in ignores the case of both
            models.UniqueConstraint(Lower("username"), name="a_sign_in_name_once_in_any_case"),
            models.UniqueConstraint(Lower("email"), name="an_e_mail_address_once_in_any_case"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = person_key(self.full_name)
        self.initials = self.initials or initials(self.full_name)
        self.email = self.email or None
        self.erp_code = self.erp_code or None
        if kwargs.get("update_fields") == ["last_login"]:  # signing in leaves no row in the history
            self.skip_history_when_saving = True
        try:
            super().save(*args, **kwargs)
        finally:
            self.__dict__.pop("skip_history_when_saving", None)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Do nothing: the action says what is taken, by whom and at which field."""

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise models.ProtectedError("People leave, they are never deleted: set their last working day.", {self})

    def get_full_name(self) -> str:
        return self.full_name

    @cached_property
    def role_set(self) -> frozenset[Role]:
        return frozenset(Role(row.role) for row in self.roles.all())

    @cached_property
    def division_ids(self) -> frozenset[int]:
        return frozenset(division.pk for division in self.divisions.all())

    def has_role(self, wanted: Iterable[Role]) -> bool:
        return bool(self.role_set & frozenset(wanted))

    def writes_in(self, division_id: int | None) -> bool:
        """Whether the person may edit records of the division; records without a division are everybody's."""
        if not self.has_role(roles.EDITING):
            return False
        return division_id is None or division_id in self.division_ids or self.has_role(roles.ALL_DIVISIONS)

    def heads(self, division_id: int | None) -> bool:
        """Whether the person heads the division. Every head heads records without a division."""
        return self.has_role(roles.HEADING) and (division_id is None or division_id in self.division_ids)

    def reads_confidential(self, division_id: int | None) -> bool:
        """Whether the person reads notes marked confidential on an account of the division."""
        return division_id is None or division_id in self.division_ids

    @property
    def is_staff(self) -> bool:
        """Whether the admin site opens for this person (the name is Django's)."""
        return self.is_active and (self.is_superuser or self.has_role(roles.ADMIN_SITE))

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and (self.is_superuser or roles.allows(self.role_set, perm))

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class StaffRole(models.Model):
    """A role of a member of staff; removing a role deletes the row."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20, choices=[(role.value, roles.ROLE_LABELS[role]) for role in Role])
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "role"], name="a_role_once_a_person")]

    def __str__(self) -> str:
        return self.get_role_display()


class StaffAlias(models.Model):
    """A spelling of a person in imported files, other than the full name."""

    name_key = models.CharField(max_length=120, unique=True)
    written = models.CharField(max_length=120)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="aliases")
    history = HistoricalRecords()

    class Meta:
        ordering = ["written"]
        verbose_name_plural = "staff aliases"

    def __str__(self) -> str:
        return f"{self.written} is {self.staff}"
