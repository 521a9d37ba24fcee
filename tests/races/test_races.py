import pytest

from accounts.people.models import Division, Staff, StaffRole
from accounts.records.models import Account, Contact
from interactions.log.models import Interaction
from tests.conftest import NOW

pytestmark = pytest.mark.postgresql


@pytest.fixture
def setting(race):
    """A person, an account and a contact that the other processes see."""
    motors = Division.objects.get(slug="motors")
    funke = Staff.objects.create(username="funke", full_name="Funke Ade")
    funke.divisions.add(motors)
    StaffRole.objects.create(staff=funke, role="sales")
    account = Account.objects.create(code="A900", name="Zenith Bank", division=motors, origin="hub", created_at=NOW)
    Contact.objects.create(code="C900", full_name="Tunde Leye", account=account, origin="hub", created_at=NOW)
    return race


LOG = """
def run(me):
    entry = interactions.log_interaction(
        by=Staff.objects.get(username="funke"), at=AT, contact=Contact.objects.get(code="C900"), channel="phone",
        idempotency_key={key})
    return entry.code
"""


def test_one_key_makes_one_row_however_many_press_save(setting):
    codes = setting(LOG.format(key='"same"'), 5)
    assert len(set(codes)) == 1
    assert Interaction.objects.count() == 1


def test_different_keys_make_as_many_rows_each_with_a_code_of_its_own(setting):
    codes = setting(LOG.format(key='f"key {me}"'), 5)
    assert len(set(codes)) == 5 == Interaction.objects.count()


def test_one_erp_id_goes_to_one_account_and_the_others_get_a_sentence(setting):
    body = """
def run(me):
    account = accounts.create_account(by=Staff.objects.get(username="funke"), at=AT, another_because="branch",
        values={"name": f"Company {me} of {me * 7919}", "erp_customer_id": "555001"})
    return account.code
"""
    results = setting(body, 4)
    assert sorted(results)[-3:] == ["refused:erp_id_taken"] * 3
    assert Account.objects.filter(erp_customer_id="555001").count() == 1


def test_two_people_who_create_one_company_at_once_are_told_of_each_other(setting):
    body = """
def run(me):
    return accounts.create_account(by=Staff.objects.get(username="funke"), at=AT,
        values={"name": "Honeywell Flour Mills Plc"}).code
"""
    results = setting(body, 4)
    assert sorted(results)[-3:] == ["refused:near_match"] * 3
    assert Account.objects.filter(name="Honeywell Flour Mills Plc").count() == 1


def test_two_edits_of_one_version_end_in_one_edit_and_conflicts(setting):
    body = """
def run(me):
    account = Account.objects.get(code="A900")
    time.sleep(0.2)
    accounts.edit_account(account, by=Staff.objects.get(username="funke"), at=AT,
        values={"industry": f"Finance {me}"}, seen_version=1)
    return "edited"
"""
    results = setting(body, 4)
    assert sorted(results) == ["edited"] + ["refused:conflict"] * 3


def test_two_accounts_never_become_each_others_parent(setting):
    motors = Division.objects.get(slug="motors")
    Account.objects.create(code="A901", name="Zenith Pensions", division=motors, origin="hub", created_at=NOW)
    body = """
def run(me):
    mine, other = ("A900", "A901") if me == 0 else ("A901", "A900")
    save = accounts._save_edit
    def slowly(record, by):
        time.sleep(0.5)
        return save(record, by)
    accounts._save_edit = slowly
    accounts.edit_account(Account.objects.get(code=mine), by=Staff.objects.get(username="funke"), at=AT,
        values={"parent": Account.objects.get(code=other)}, seen_version=1)
    return "edited"
"""
    assert sorted(setting(body, 2)) == ["edited", "refused:own_parent"]
    assert Account.objects.exclude(parent=None).count() == 1


def test_a_ring_of_four_is_never_closed(setting):
    motors = Division.objects.get(slug="motors")
    made = {"origin": "hub", "created_at": NOW, "division": motors}
    Account.objects.create(code="A902", name="Ikeja Foods", parent=Account.objects.get(code="A900"), **made)
    other = Account.objects.create(code="A903", name="Sahel Steel", **made)
    Account.objects.create(code="A904", name="Benin Glass", parent=other, **made)
    body = """
def run(me):
    mine, other = ("A900", "A904") if me == 0 else ("A903", "A902")
    save = accounts._save_edit
    def slowly(record, by):
        time.sleep(0.5)
        return save(record, by)
    accounts._save_edit = slowly
    accounts.edit_account(Account.objects.get(code=mine), by=Staff.objects.get(username="funke"), at=AT,
        values={"parent": Account.objects.get(code=other)}, seen_version=1)
    return "edited"
"""
    assert sorted(setting(body, 2)) == ["edited", "refused:own_parent"]
