import pytest
from django.core.files import File

from accounts.imports.models import ImportRun
from accounts.people.models import Staff, StaffRole
from accounts.records.models import Account, Contact
from interactions.log.models import Interaction, InteractionKind, KindVersion
from interactions.workbook import actions
from interactions.workbook.decisions import Choices
from tests.conftest import NOW

pytestmark = pytest.mark.postgresql

ASK = """
def run(me):
    from interactions.workbook import actions as workbook
    return workbook.approve(ImportRun.objects.get(), by=Staff.objects.get(), at=AT).kind
"""
DO = """
def run(me):
    from interactions.workbook import actions as workbook
    workbook.apply(ImportRun.objects.get(), at=AT)
    return "applied"
"""


@pytest.fixture
def run(race, small):
    for slug in ("conversation", "meeting", "site-visit"):
        kind, _ = InteractionKind.objects.get_or_create(slug=slug)
        since = NOW.replace(year=2000)
        KindVersion.objects.get_or_create(
            kind=kind, effective_from=since, defaults={"label": slug, "substantive": False, "created_at": since}
        )
    tunde = Staff.objects.create(username="tunde", full_name="Tunde Bakare")
    StaffRole.objects.create(staff=tunde, role="pbi")
    with small.open("rb") as file:
        run = actions.upload(by=tunde, at=NOW, file=File(file), file_name="hub.xlsx", division=None, choices=Choices())
    actions.check(run, at=NOW)
    return run


def test_a_double_click_on_apply_asks_once(run, race):
    assert sorted(race(ASK, 4)) == ["refused:not_now"] * 3 + ["workbook_apply"]


def test_two_workers_apply_once(run, race):
    actions.start_applying(run, by=None)
    answers = race(DO, 3)
    assert sorted(answers) == ["applied", "refused:not_now", "refused:not_now"]
    assert (Account.objects.count(), Interaction.objects.count()) == (1, 1)
    assert ImportRun.objects.get().state == "applied"


UNDO_AGAINST = """
def late_work():
    from datetime import timedelta
    tunde = Staff.objects.get(username="tunde")
    {work}
def run(me):
    from interactions.workbook import actions as workbook, undo
    if me == 1:
        time.sleep(0.4)
        late_work()
        return "worked"
    look = undo.refuse_touched
    def look_and_dawdle(run):
        look(run)
        time.sleep(1.5)
    undo.refuse_touched = look_and_dawdle
    workbook.undo(ImportRun.objects.latest("pk"), at=AT)
    return "undone"
"""
AMEND = """interactions.amend_interaction(
        Interaction.objects.get(), by=tunde, at=AT + timedelta(days=3), text="It was Lekki.")"""
LOG = """interactions.log_interaction(
        by=tunde, at=AT, account=Account.objects.get(code="A001"), channel="phone", idempotency_key="k")"""
ADD_CONTACT = """accounts.create_contact(
        by=tunde, at=AT, values={"full_name": "Ada Obi", "account": Account.objects.get(code="A001")})"""
ADD_COMPANY = """accounts.create_account(
        by=tunde, at=AT, values={"name": "Lekki Mills", "parent": Account.objects.get(code="A001")})"""
EDIT = """accounts.edit_account(
        Account.objects.get(code="A001"), by=tunde, at=AT, values={"address": "Lekki"}, seen_version={seen})"""


def applied(run):
    actions.start_applying(run, by=run.by)
    actions.apply(run, at=NOW)
    run.refresh_from_db()
    return run


def second_of(run, path):
    with path.open("rb") as file:
        again = actions.upload(by=run.by, at=NOW, file=File(file), file_name="2.xlsx", division=None, choices=Choices())
    actions.check(again, at=NOW)
    return again


def test_an_amendment_in_the_moment_of_an_undo_is_not_swept_away_unnoticed(run, race):
    actions.start_undoing(applied(run), by=None)
    answers = race(UNDO_AGAINST.replace("{work}", AMEND), 2)
    assert answers == ["undone", "refused:gone"]


@pytest.mark.parametrize("work", [LOG, ADD_CONTACT, ADD_COMPANY, EDIT.replace("{seen}", "1")])
def test_who_adds_to_what_is_being_undone_is_told(run, race, work):
    actions.start_undoing(applied(run), by=None)
    assert race(UNDO_AGAINST.replace("{work}", work), 2) == ["undone", "refused:gone"]
    assert (Account.objects.count(), Contact.objects.count(), Interaction.objects.count()) == (0, 0, 0)


def test_an_edit_in_the_moment_of_an_undo_is_not_overwritten(run, race, workbook):
    applied(run)
    changed = second_of(run, workbook([["A001", "Zenith Bank PLC", "Banking", "", "", "", ""]]))
    actions.start_undoing(applied(changed), by=None)
    edit = EDIT.replace("{seen}", "2")
    assert race(UNDO_AGAINST.replace("{work}", edit), 2) == ["undone", "refused:conflict"]
    assert (Account.objects.get().industry, Account.objects.get().address) == ("Finance", "")


def test_an_edit_in_the_moment_of_applying_is_not_overwritten(run, race, workbook):
    applied(run)
    changed = second_of(run, workbook([["A001", "Zenith Bank PLC", "Banking", "Marina", "", "", ""]]))
    actions.start_applying(changed, by=None)
    body = """
def run(me):
    from interactions.workbook import actions as workbook
    from interactions.workbook.writer import Writer
    if me == 1:
        time.sleep(2)
        {edit}
        return "worked"
    plan_of = workbook.plan_of
    def slowly(*args):
        for decisions in plan_of(*args):
            time.sleep(2)
            yield decisions
    workbook.plan_of = slowly
    try:
        workbook.apply(ImportRun.objects.latest("pk"), at=AT)
    except workbook.Stale:
        return "stale"
    return "applied"
""".format(
        edit=EDIT.replace("{seen}", "1").replace("by=tunde", 'by=Staff.objects.get(username="tunde")'),
    )
    answers = race(body, 2)
    address = Account.objects.get().address
    assert (answers, address) in [(["applied", "refused:conflict"], "Marina"), (["stale", "worked"], "Lekki")]


def test_whoever_adds_an_account_while_an_import_adds_some_waits_and_gets_the_next_code(run, race):
    actions.start_applying(run, by=None)
    body = """
def run(me):
    from interactions.workbook import actions as workbook
    from interactions.workbook.writer import Writer
    if me == 1:
        time.sleep(2.5)
        tunde = Staff.objects.get(username="tunde")
        return accounts.create_account(by=tunde, at=AT, values={"name": "Quite another"}).code
    create = Writer._create
    def slowly(self, model, records):
        made = create(self, model, records)
        time.sleep(4 if model is Account else 0)
        return made
    Writer._create = slowly
    workbook.apply(ImportRun.objects.get(), at=AT)
    return "applied"
"""
    assert race(body, 2) == ["applied", "A002"]
