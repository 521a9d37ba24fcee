"""What the demo loads, and that it goes without a trace of itself or of harm."""

import json
from collections import defaultdict
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.apps import apps
from django.core import serializers
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse
from django_celery_beat.models import PeriodicTasks

from accounts.lists.models import SavedView
from accounts.people.models import Division, Staff, StaffRole
from accounts.people.roles import LOGGING, Role
from accounts.records.models import Account, CodeSeries, Contact
from accounts.records.models.accounts import Origin
from interactions.log.actions import log_interaction
from interactions.log.models import Amendment, Interaction, InteractionKind
from mikano_cx.demo import PASSWORD
from mikano_cx.demo.cast import CAST
from mikano_cx.demo.loader import load_demo
from mikano_cx.demo.logins import logins
from mikano_cx.demo.records import make_demo
from mikano_cx.demo.removal import clear
from mikano_cx.kit.identifiers import erp_id
from mikano_cx.kit.local_time import day_start
from mikano_cx.kit.phones import e164
from tests.conftest import NOW, TODAY, lay_foundation

pytestmark = pytest.mark.django_db
WORKBOOK_PEOPLE = {"Funke Ade", "Aisha Bello", "Tunde Bakare", "Chinedu Obi", "Emeka Nwosu", "Ngozi Eze"}


def everything() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    rows = {}
    for model in apps.get_models(include_auto_created=True):
        if model is PeriodicTasks:  # beat's own note of when a schedule last changed
            continue
        found = serializers.serialize("python", model._base_manager.order_by("pk"))
        rows[model._meta.label] = [json.dumps(row, default=str, sort_keys=True) for row in found]
    return {label: found for label, found in rows.items() if found}


def told() -> list[tuple]:
    """The demo's rows in words: without the keys that a database gives."""
    entries = Interaction.objects.order_by("code").values_list(
        "code", "occurred_at", "logged_at", "contact__code", "account__code", "kind__slug", "notes", "next_action",
        "due_on", "done_at", "logged_by__full_name", "voided_at", "amended_at", "version", "substantive",
    )  # fmt: skip
    accounts = Account.objects.order_by("code").values_list(
        "code", "name", "owner__full_name", "erp_customer_id", "parent__code", "last_interaction_at", "search_text"
    )
    contacts = Contact.objects.order_by("code").values_list(
        "code", "full_name", "email", "mobile", "consent", "name_key"
    )
    return [*entries, *accounts, *contacts]


@pytest.fixture
def demo(db):
    return load_demo(at=NOW)


class TestWhatStands(TestCase):
    @classmethod
    def setUpTestData(cls):
        lay_foundation()  # the fixture of that name comes later
        cls.made = load_demo(at=NOW)

    def test_it_loads_five_divisions_with_people_accounts_and_a_year_of_work(self):
        assert self.made["accounts"] >= 140 and self.made["contacts"] >= 280 and self.made["interactions"] >= 1_500
        assert set(
            Staff.objects.filter(full_name__in=WORKBOOK_PEOPLE, is_active=True).values_list("full_name", flat=True)
        ) == (WORKBOOK_PEOPLE)
        for division in Division.objects.all():
            assert division.head.has_role({Role.HEAD}) and division.steward.has_role({Role.STEWARD})
            assert division.accounts.filter(owner=None).exists() and division.accounts.exclude(owner=None).exists()
            assert SavedView.objects.filter(division=division).exists()
        assert {row.role for row in StaffRole.objects.all()} == {role.value for role in Role}
        first, last = Interaction.objects.earliest("occurred_at"), Interaction.objects.latest("logged_at")
        assert NOW - first.occurred_at > timedelta(days=400) and last.logged_at < NOW

    def test_everybody_who_logs_finds_something_overdue_due_today_and_coming(self):
        for person in Staff.objects.working(TODAY).filter(roles__role__in=LOGGING).distinct():
            due = [entry.due_on for entry in Interaction.objects.open_actions().filter(logged_by=person)]
            assert min(due) < TODAY < max(due), person
            assert TODAY in due, person

    def test_in_two_divisions_somebody_missed_the_week(self):
        monday = TODAY - timedelta(days=TODAY.weekday())
        for week in (monday, monday + timedelta(days=6)):  # whichever day of the week it is loaded on
            logged = {e.person.full_name for e in make_demo(week).entries if e.logged >= day_start(monday)}
            assert not logged & {"Osagie Ighodaro", "Kelechi Umeh"}
        missing = {p.full_name for p in CAST if p.entries and not p.left_days_ago} - logged
        assert missing == {"Osagie Ighodaro", "Kelechi Umeh"}

    def test_it_holds_what_a_shared_log_holds(self):
        assert Contact.objects.filter(consent="opted_out").exclude(consent_on=None).exists()
        assert Interaction.objects.filter(confidential=True).exists()
        assert Interaction.objects.exclude(voided_at=None).exclude(void_reason="").exists()
        assert Interaction.objects.exclude(amended_at=None).exists() and Amendment.objects.count() == 2
        assert Account.objects.get(name="Okavango Holdings Plc").subsidiaries.count() == 3
        first, second = Account.objects.filter(name__startswith="Harmattan Logistic").order_by("code")
        assert first.main_phone == second.main_phone and first.name_key != second.name_key

    def test_its_columns_are_as_the_verbs_would_have_left_them(self):
        for account in Account.objects.all():
            newest = account.interactions.order_by("-occurred_at").first()
            assert account.last_interaction_at == (newest and newest.occurred_at)
            stored = account.search_text
            assert account.prepare().search_text == stored
        substantive = set(Interaction.objects.values_list("kind__slug", "substantive"))
        assert ("meeting", True) in substantive and ("meeting", False) not in substantive
        assert ("left-a-message", False) in substantive
        histories = defaultdict(list)
        for row in Interaction.history.order_by("history_date"):
            histories[row.id].append(row)
        for entry in Interaction.objects.select_related("contact"):
            history = histories[entry.pk]
            assert entry.contact.created_at < entry.occurred_at <= entry.logged_at
            assert [row.version for row in history] == list(range(1, entry.version + 1)), entry
            assert history[0].history_date == entry.logged_at and history[0].done_at is None
            assert history[-1].done_at == entry.done_at and history[-1].voided_at == entry.voided_at

    def test_it_is_marked_and_points_at_nobody_real(self):
        for model in (Account, Contact, Interaction, Staff):
            assert not model.objects.filter(is_demo=False).exists()
        for phone in [
            *Account.objects.values_list("main_phone", flat=True),
            *Contact.objects.values_list("mobile", flat=True),
        ]:
            assert not phone or (phone.startswith("+234700000") and e164(phone) == phone)
        for model in (Contact, Staff):
            assert all(
                not email or email.endswith(".example") for email in model.objects.values_list("email", flat=True)
            )

    def test_its_codes_leave_a_workbooks_codes_free(self):
        assert all(code.startswith("DA") for code in Account.objects.values_list("code", flat=True))
        assert all(
            int(erp_id(erp)) > 900_000 for erp in Account.objects.values_list("erp_customer_id", flat=True) if erp
        )
        assert not CodeSeries.objects.exclude(prefix="DA").exists()


def test_loading_twice_changes_nothing(demo):
    before = everything()
    assert load_demo(at=NOW + timedelta(days=3)) == {}
    assert everything() == before


def test_the_same_day_makes_the_same_demo_again(demo):
    before = told()
    clear(at=NOW)
    load_demo(at=NOW)
    assert told() == before


def test_another_day_moves_the_work_along():
    early, late = make_demo(TODAY), make_demo(TODAY + timedelta(days=7))
    assert late.entries[0].occurred > early.entries[0].occurred
    assert [account.name for account in late.accounts] == [account.name for account in early.accounts]


def test_clearing_leaves_the_real_rows_byte_for_byte(zenith):
    log_interaction(by=Staff.objects.get(username="funke"), at=NOW, account=zenith, channel="phone")
    before = everything()
    load_demo(at=NOW)
    gone, kept = clear(at=NOW)
    assert gone["accounts"] >= 140 and not kept
    assert everything() == before


def test_clearing_keeps_the_demo_rows_that_real_rows_need(demo, cast):
    demo_contact = Contact.objects.filter(account__owner=None).first()
    demo_funke = Staff.objects.get(full_name="Funke Ade", is_demo=True)
    entry = log_interaction(by=cast.funke, at=NOW, contact=demo_contact, channel="phone")
    real = Account.objects.create(
        code="A001", name="Real Ltd", origin=Origin.WORKBOOK, created_at=NOW, owner=demo_funke
    )
    at_demo = Account.objects.filter(is_demo=True).exclude(pk=demo_contact.account_id).first()
    colleague = Contact.objects.create(
        code="C001", full_name="Ada Real", account=at_demo, origin=Origin.HUB, created_at=NOW
    )
    imported = Interaction.objects.create(
        code="I00009", occurred_at=NOW, logged_at=NOW, account=real, channel="phone", substantive=False,
        source="import", kind=InteractionKind.objects.get(slug="conversation"), logged_by=demo_funke,
    )  # fmt: skip

    def now_in_the_hub():
        rows = [type(row).objects.get(pk=row.pk) for row in (entry, real, colleague, imported)]
        return serializers.serialize("json", rows)

    before = now_in_the_hub()
    gone, kept = clear(at=NOW)

    assert now_in_the_hub() == before
    assert str(demo_contact) in kept["contacts"] and str(demo_contact.account) in kept["accounts"]
    assert str(at_demo) in kept["accounts"] and "Funke Ade" in kept["staff"]
    demo_funke.refresh_from_db()
    assert not demo_funke.is_demo and not demo_funke.is_active and not demo_funke.has_usable_password()
    assert gone["interactions"] >= 1_500
    for model in (Account, Contact, Interaction, Staff):
        assert not model.objects.filter(is_demo=True).exists()
    assert not any(logins())


def test_a_cleared_demo_that_left_rows_behind_can_be_loaded_again(demo, cast):
    log_interaction(by=cast.funke, at=NOW, contact=Contact.objects.get(code="DC001"), channel="phone")
    clear(at=NOW)
    assert load_demo(at=NOW)["accounts"] == demo["accounts"]


def test_the_workbook_imported_beside_it_survives_the_clearing(demo, shared_data, settings):
    """The whole real workbook, by people of the demo: it stays as it was imported."""
    call_command("import_workbook", str(shared_data / "hub_workbook" / "MIKANO_CX_HUB.xlsx"), stdout=StringIO())
    real = {
        model: list(model.objects.filter(is_demo=False).order_by("pk").values())
        for model in (Account, Contact, Interaction)
    }
    assert len(real[Interaction]) > 5_000
    _, kept = clear(at=NOW)
    for model, rows in real.items():
        assert list(model.objects.order_by("pk").values()) == rows
    assert set(kept) == {"staff"} and set(kept["staff"]) >= WORKBOOK_PEOPLE


def test_the_sign_in_page_names_the_demo_people_only_while_there_are_any(client, demo):
    with time_machine.travel(NOW, tick=False):
        page = client.get(reverse("account_login")).content.decode()
        assert "funke.ade" in page and "Data steward, Motors" in page
        person = logins()[0]
        assert client.login(username=person.username, password=person.password)
    clear(at=NOW)
    client.logout()
    assert "funke.ade" not in client.get(reverse("account_login")).content.decode()


def test_production_shows_no_logins_and_loads_no_demo(demo, settings):
    settings.PRODUCTION = True
    assert logins() == []
    with pytest.raises(CommandError):
        call_command("load_demo")


def test_the_commands_say_what_they_did(db):
    def said(*command: str) -> str:
        out = StringIO()
        call_command(*command, stdout=out)
        return out.getvalue()

    assert "1,5" in said("load_demo", "--today", "2026-03-16")
    assert "stands already" in said("load_demo")
    assert f"password {PASSWORD}" in said("demo_logins") and "gbenga.alabi" in said("demo_logins")
    removed = said("clear_demo")
    assert removed.startswith("Removed: rulings 1, interactions 1,5") and "staff 23." in removed
    assert said("clear_demo") == "There is no demo data.\n"
