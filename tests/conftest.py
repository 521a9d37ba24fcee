"""The fixed today and the small cast that every test shares."""

import gc
import os
from datetime import date, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.hashers import make_password
from django.test import Client

from accounts.people.models import Division, Staff, StaffRole
from accounts.people.roles import Role
from accounts.records.models import Account, CodeSeries, Contact
from accounts.records.models.accounts import Origin, OwnerBasis, OwnershipState
from mikano_cx.kit.local_time import LAGOS
from mikano_cx.kit.names import initials, person_key

TODAY = date(2026, 3, 16)  # a Monday
NOW = datetime(2026, 3, 16, 10, 0, tzinfo=LAGOS)
SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
PASSWORD = "a long enough password"

CAST = {  # name: (full name, roles, divisions)
    "funke": ("Funke Ade", [Role.SALES], ["motors"]),
    "emeka": ("Emeka Nwosu", [Role.SALES], ["power"]),
    "ngozi": ("Ngozi Eze", [Role.SALES, Role.HEAD], ["motors"]),
    "aisha": ("Aisha Bello", [Role.SALES, Role.STEWARD], ["motors"]),
    "tunde": ("Tunde Bakare", [Role.PBI], ["motors", "power", "medical", "gras", "cube65"]),
    "chinedu": ("Chinedu Obi", [Role.IT], []),
    "halima": ("Halima Sule", [Role.MANAGEMENT], []),
}


LAID_BY_MIGRATIONS = (  # see `foundation`
    ("accounts.migrations.0002_create_divisions", "create_divisions"),
    ("interactions.migrations.0002_create_kinds", "create_kinds"),
    ("ownership.migrations.0002_create_policy", "create_policy"),
    ("kpis.migrations.0002_create_definition", "create_definition"),
)


DATABASE = {"db", "transactional_db", "django_db_reset_sequences", "live_server", "django_db_setup"}


def pytest_collection_finish() -> None:
    """What is loaded stays: looking through it for garbage took a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        uses = DATABASE & set(getattr(item, "fixturenames", ()))
        if not uses and not any(item.get_closest_marker(name) for name in ("django_db", "postgresql")):
            item.add_marker("pure")
    items[:] = _waiting_beside_working(items)


def _waiting_beside_working(items: list[pytest.Item]) -> list[pytest.Item]:
    """The files that start processes, and wait for them most of their time, spread among the first of the others."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [tests for tests in files.values() if any(item.get_closest_marker("services") for item in tests)]
    working = [tests for tests in files.values() if tests not in waiting]
    every = max(1, len(working) // (2 * len(waiting) or 1))
    for place, tests in enumerate(waiting):
        working.insert(place * (every + 1), tests)
    return [item for tests in working for item in tests]


def required_in_ci(found: bool, what: str) -> None:
    """Skip loudly without `what`; in CI its absence is a failure."""
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is missing")


@pytest.fixture
def shared_data() -> Path:
    required_in_ci(SHARED_DATA.is_dir(), "the real input in ../shared/data")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def foundation(request):
    """What the migrations laid, laid again where a test that commits has emptied every table."""
    if {"db", "transactional_db", "live_server"} & set(request.fixturenames) or request.node.get_closest_marker(
        "django_db"
    ):
        request.getfixturevalue("db")
        lay_foundation()


def lay_foundation() -> None:
    if not Division.objects.exists():
        for module, function in LAID_BY_MIGRATIONS:
            getattr(import_module(module), function)(apps, None)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A database that is used again may have been left empty."""
    with django_db_blocker.unblock():
        lay_foundation()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, tmp_path_factory):
    """SQLite in a file, as the hub has it: in memory its connections refuse each other at once and never wait."""
    for database in django_settings.DATABASES.values():
        if "sqlite" in database["ENGINE"]:
            database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "hub.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def folders_of_the_tests_own(tmp_path_factory):
    """So that no test touches the files of a hub that runs here."""
    django_settings.DROP_DIR = tmp_path_factory.mktemp("drop")
    django_settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture(scope="session", autouse=True)
def static_files_are_not_looked_for():
    """By each client anew, which took longer than its answers. The live server finds them by itself."""
    django_settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture(autouse=True)
def quick_passwords(settings, tmp_path):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"


@cache
def _password() -> str:
    return make_password(PASSWORD, hasher="md5")


@pytest.fixture
def cast(db) -> SimpleNamespace:
    """Funke (sales, Motors), Emeka (sales, Power), Ngozi (head), Aisha (steward), Tunde (P&BI), Chinedu (IT), ..."""
    people = {
        name: Staff(
            username=name,
            full_name=full_name,
            name_key=person_key(full_name),
            initials=initials(full_name),
            email=f"{name}@mikano.test",
            password=_password(),
        )
        for name, (full_name, _, _) in CAST.items()
    }
    Staff.objects.bulk_create(people.values())
    divisions = {division.slug: division for division in Division.objects.all()}
    member, members, roles = Staff.divisions.through, [], []
    for name, (_, given, slugs) in CAST.items():
        members += [member(staff=people[name], division=divisions[slug]) for slug in slugs]
        roles += [StaffRole(staff=people[name], role=role) for role in given]
    member.objects.bulk_create(members)
    StaffRole.objects.bulk_create(roles)
    Division.objects.filter(slug="motors").update(head=people["ngozi"], steward=people["aisha"])
    return SimpleNamespace(**people)


@pytest.fixture
def client_of():
    def signed_in(person: Staff) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return signed_in


@pytest.fixture
def zenith(cast) -> Account:
    """A Motors account with two contacts, Funke's by the workbook."""
    account = Account.objects.create(
        code="A001",
        name="Zenith Bank PLC",
        industry="Finance",
        main_phone="+2348031234567",
        erp_customer_id="102345",
        division=Division.objects.get(slug="motors"),
        owner=cast.funke,
        ownership_state=OwnershipState.OWNED,
        owner_basis=OwnerBasis.WORKBOOK,
        origin=Origin.WORKBOOK,
        created_at=NOW,
        created_by=cast.aisha,
    )
    for code, name, title in (("C001", "Tunde Leye", "Project Manager"), ("C002", "Ada Okoro", "Procurement")):
        Contact.objects.create(
            code=code, full_name=name, job_title=title, account=account, origin=Origin.WORKBOOK, created_at=NOW
        )
    CodeSeries.reserve("A", ["A001"])
    CodeSeries.reserve("C", ["C002"])
    return account
