"""What becomes of single rows: refusals, warnings, references, codes."""

from datetime import date, timedelta

import pytest

from accounts.imports.models import ErpCustomer
from accounts.people.models import Division, Staff, StaffAlias
from accounts.records.models import Account, Contact
from interactions.log.models import Amendment, Interaction
from tests.conftest import NOW
from tests.workbook.conftest import ACCOUNT, CALL, CONTACT, buckets, exported, row_of


def account(**cells):
    fields = ["code", "name", "industry", "address", "main_phone", "erp", "owner"]
    return [cells.get(field, value) for field, value in zip(fields, ACCOUNT, strict=True)]


def contact(**cells):
    fields = ["code", "name", "title", "email", "mobile", "account"]
    return [cells.get(field, value) for field, value in zip(fields, CONTACT, strict=True)]


def call(**cells):
    fields = ["code", "date", "contact", "account", "channel", "notes", "next_action", "due", "by"]
    return [cells.get(field, value) for field, value in zip(fields, CALL, strict=True)]


def test_it_brings_a_row_of_each_tab_in(small, bring_in, cast):
    run = bring_in(small, by=cast.tunde, division=Division.objects.get(slug="power"))
    account, contact, entry = Account.objects.get(), Contact.objects.get(), Interaction.objects.get()
    assert (account.main_phone, account.erp_customer_id, account.owner) == ("+2348031234567", "102345", cast.funke)
    assert (account.owner_basis, account.ownership_state, account.division.slug) == ("workbook", "owned", "power")
    assert (contact.account, contact.origin, contact.import_run) == (account, "workbook", run)
    assert entry.code.startswith("I-") and entry.source == "import" and entry.logged_by == cast.funke
    assert (entry.occurred_at.isoformat(), entry.logged_at) == ("2026-02-01T23:00:00+00:00", NOW)
    assert (entry.kind.slug, entry.substantive, entry.account) == ("conversation", False, account)
    assert account.last_interaction_at == entry.occurred_at
    assert account.history.get().history_user == cast.tunde
    assert account.history.get().history_change_reason == f"Workbook import {run.pk}"


def test_a_code_given_by_the_file_is_never_given_again(workbook, bring_in):
    from accounts.records.models import CodeSeries

    bring_in(workbook([account(code="A0750")], [], [call(code="I00090", contact="", account="A0750")]))
    assert CodeSeries.take("A") == ["A751"]
    assert CodeSeries.take("I") == ["I00091"]


def test_references_are_found_whatever_the_order_and_in_the_hub_alone(workbook, bring_in, small):
    bring_in(small)
    run = bring_in(workbook([], [contact(code="C002", name="Ada Okoro")], [call(contact="c002")]))
    assert buckets(run) == {"accounts": (0, 0, 0, 0), "contacts": (1, 0, 0, 0), "interactions": (1, 0, 0, 0)}


def test_a_row_that_hangs_on_a_refused_row_names_that_row(workbook, preview):
    run = preview(workbook([account(name="")], [CONTACT], [CALL, call(contact="", account="A001")]))
    hanging = row_of(run, "contacts", 2)
    assert hanging.kinds == {"account_refused"} and "row 2 of the Accounts tab" in hanging.problems[0]["message"]
    assert row_of(run, "interactions", 2).kinds == {"contact_refused"}
    assert row_of(run, "interactions", 3).kinds == {"account_refused"}


def test_an_interaction_with_an_account_alone_is_fine(workbook, bring_in):
    bring_in(workbook([ACCOUNT], [], [call(contact="", account="A001")]))
    assert Interaction.objects.get().contact is None


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"date": ""}, "missing_date"),
        ({"date": "31/02/2025"}, "bad_date"),
        ({"date": "12/05/1899"}, "bad_date"),
        ({"date": date(2026, 3, 17)}, "future_date"),
        ({"contact": "C999"}, "unknown_contact"),
        ({"contact": ""}, "unknown_contact"),
        ({"account": "A999"}, "unknown_account"),
        ({"account": "A002"}, "account_not_the_contacts"),
        ({"next_action": "x" * 201}, "too_long"),
        ({"code": "a/b"}, "bad_id"),
    ],
)
def test_an_interaction_is_refused_for(workbook, preview, cells, kind):
    accounts = [ACCOUNT, account(code="A002", name="Lavender", erp="")]
    run = preview(workbook(accounts, [CONTACT], [call(**cells)]))
    row = row_of(run, "interactions", 2)
    assert (row.bucket, row.kinds) == ("refused", {kind})


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"channel": "Pigeon"}, "unknown_channel"),
        ({"notes": ""}, "missing_notes"),
        ({"by": "Old Salesman"}, "unknown_logger"),
        ({"by": ""}, "no_logger"),
        ({"due": "soon"}, "bad_due_date"),
    ],
)
def test_an_interaction_is_accepted_with_a_warning_for(workbook, bring_in, cells, kind):
    run = bring_in(workbook([ACCOUNT], [CONTACT], [call(**cells)]))
    row = row_of(run, "interactions", 2)
    assert (row.bucket, row.kinds, run.counts["interactions"]["warned"]) == ("new", {kind}, 1)


def test_a_dash_is_a_note_and_a_formula_typed_by_mistake_is_text(workbook, bring_in):
    bring_in(workbook([ACCOUNT], [CONTACT], [call(notes="–"), call(notes="=SUM(A1:A9) typed by mistake")]))
    assert set(Interaction.objects.values_list("notes", flat=True)) == {"–", "=SUM(A1:A9) typed by mistake"}


def test_an_unknown_channel_keeps_its_word(workbook, bring_in, tmp_path):
    bring_in(workbook([ACCOUNT], [CONTACT], [call(channel="Pigeon")]))
    entry = Interaction.objects.get()
    assert (entry.channel, entry.channel_word) == ("other", "Pigeon")
    assert buckets(bring_in(exported(tmp_path)))["interactions"] == (0, 0, 1, 0)


def test_rows_without_an_id_get_the_same_code_in_any_order_even_twins(workbook, bring_in):
    rows = [call(), call(), call(next_action="Send quote"), call(notes="Another call.")]
    bring_in(workbook([ACCOUNT], [CONTACT], rows))
    codes = set(Interaction.objects.values_list("code", flat=True))
    assert len(codes) == 4
    again = bring_in(workbook([ACCOUNT], [CONTACT], [rows[2], rows[3], rows[0], rows[1]]))
    assert buckets(again)["interactions"] == (0, 0, 4, 0)


def test_a_due_date_filled_in_later_changes_the_row_and_makes_no_second_one(workbook, bring_in):
    bring_in(workbook([ACCOUNT], [CONTACT], [CALL]))
    run = bring_in(workbook([ACCOUNT], [CONTACT], [call(due="1 Apr 2026")]))
    assert buckets(run)["interactions"] == (0, 1, 0, 0)
    assert Interaction.objects.get().due_on == date(2026, 4, 1)
    assert not Amendment.objects.exists()


def test_friday_is_the_friday_after_the_row(workbook, bring_in):
    book = workbook([ACCOUNT], [CONTACT], [call(date="Fri, 21st May 2021", next_action="Follow up on Friday")])
    run = bring_in(book)
    assert Interaction.objects.get().due_on == date(2021, 5, 28)
    assert run.hints["interactions"] == {"proposed_date": 1}
    assert buckets(bring_in(book))["interactions"] == (0, 0, 1, 0)


def test_the_proposal_of_dates_and_the_repair_of_names_can_be_declined(workbook, bring_in):
    book = workbook([account(name="CafÃ© Lagos")], [CONTACT], [call(next_action="Follow up on Friday")])
    bring_in(book, propose_dates=False, repair_names=False)
    assert Interaction.objects.get().due_on is None
    assert Account.objects.get().name == "CafÃ© Lagos"
    assert buckets(bring_in(book)) == {"accounts": (0, 0, 1, 0), "contacts": (0, 0, 1, 0), "interactions": (0, 0, 1, 0)}


def test_an_ambiguous_date_is_shown_and_is_no_problem(workbook, preview):
    run = preview(workbook([ACCOUNT], [CONTACT], [call(date="03/02/2026")]))
    assert run.hints["interactions"] == {"ambiguous_date": 1} and run.kinds["interactions"] == {}
    assert "3 Feb 2026" in row_of(run, "interactions", 2).problems[0]["message"]


def test_blank_cells_keep_what_the_hub_has_unless_chosen_otherwise(small, workbook, bring_in):
    bring_in(small)
    blank = workbook([account(industry="", erp="")], [contact(title="")], [])
    assert buckets(bring_in(blank))["accounts"] == (0, 0, 1, 0)
    assert bring_in(blank, blanks_keep=False).counts["accounts"]["changed"] == 1
    record = Account.objects.get()
    assert (record.industry, record.erp_customer_id, Contact.objects.get().job_title) == ("", None, "")


def test_a_bad_email_is_kept_in_the_note_once(workbook, bring_in):
    book = workbook([ACCOUNT], [contact(email="not-an-email")], [])
    bring_in(book)
    person = Contact.objects.get()
    assert (person.email, person.note) == ("", "E-mail as written: not-an-email")
    assert buckets(bring_in(book))["contacts"] == (0, 0, 1, 0)


def test_a_phone_number_in_another_spelling_is_no_change_and_a_bad_one_stays_as_typed(workbook, bring_in):
    bring_in(workbook([account(main_phone=8031234567.0)], [contact(mobile="ask Bola")], []))
    again = bring_in(workbook([account(main_phone="+234 803 123 4567")], [contact(mobile="ask  Bola")], []))
    assert Contact.objects.get().mobile == "ask Bola" and again.kinds["contacts"] == {"bad_phone": 1}
    assert buckets(again) == {"accounts": (0, 0, 1, 0), "contacts": (0, 0, 1, 0), "interactions": (0, 0, 0, 0)}


def test_of_two_rows_with_one_code_the_one_that_agrees_with_the_hub_is_kept(small, workbook, bring_in):
    other = account(name="Diamond Bank", erp="")
    bring_in(small)
    run = bring_in(workbook([other, ACCOUNT], [], []))
    assert buckets(run)["accounts"] == (0, 0, 1, 1)
    assert row_of(run, "accounts", 2).kinds == {"duplicate_id"}
    assert Account.objects.get().name == "Zenith Bank PLC"


def test_an_erp_id_stays_with_its_account_and_may_be_swapped(workbook, bring_in):
    one, two = account(erp="1"), account(code="A002", name="Lavender", erp="2")
    bring_in(workbook([one, two], [], []))
    taken = bring_in(workbook([account(code="A003", name="Third", erp=1.0), one], [], []))
    assert taken.kinds["accounts"] == {"duplicate_erp_id": 1}
    assert Account.objects.get(code="A003").erp_customer_id is None
    bring_in(workbook([account(erp="2"), account(code="A002", name="Lavender", erp="1")], [], []))
    assert dict(Account.objects.exclude(erp_customer_id=None).values_list("code", "erp_customer_id")) == {
        "A001": "2",
        "A002": "1",
    }


def test_an_unknown_person_becomes_an_inactive_one_once(workbook, bring_in):
    book = workbook([account(owner="B. Yusuf (left)")], [CONTACT], [call(by="b yusuf  LEFT")])
    first = bring_in(book)
    person = Staff.objects.get(is_active=False)
    assert person.full_name == "B. Yusuf (left)" and not person.has_usable_password()
    assert (Account.objects.get().owner, Interaction.objects.get().logged_by) == (person, person)
    again = bring_in(book)
    assert again.kinds == first.kinds and again.counts["accounts"]["same"] == 1


def test_an_alias_says_who_is_meant(workbook, bring_in, cast):
    StaffAlias.objects.create(name_key="f a", written="F. A.", staff=cast.funke)
    run = bring_in(workbook([account(owner="F. A.")], [], []))
    assert Account.objects.get().owner == cast.funke and run.kinds["accounts"] == {}


def test_the_owner_that_the_rules_gave_is_not_overwritten(workbook, bring_in, small, cast):
    bring_in(small)
    Account.objects.update(owner_basis="rules")
    run = bring_in(workbook([account(owner="Emeka Nwosu")], [], []))
    assert buckets(run)["accounts"] == (0, 0, 1, 0) and run.hints["accounts"] == {"owner_by_rules": 1}


def test_a_steward_changes_only_their_divisions_records(workbook, bring_in, preview, cast):
    bring_in(workbook([ACCOUNT], [CONTACT], [CALL]), division=Division.objects.get(slug="power"))
    book = workbook([account(address="Ikeja")], [contact(title="CEO"), contact(code="C9")], [call(due="2026-05-01")])
    run = preview(book, by=cast.aisha)
    assert buckets(run) == {"accounts": (0, 0, 0, 1), "contacts": (0, 0, 0, 2), "interactions": (0, 0, 0, 1)}
    assert row_of(run, "accounts", 2).kinds == {"not_your_division"}
    assert buckets(preview(workbook([ACCOUNT], [], []), by=cast.aisha))["accounts"] == (0, 0, 1, 0)
    assert buckets(preview(book, by=cast.tunde))["accounts"] == (0, 1, 0, 0)


def test_what_was_logged_is_amended_beside_and_the_export_gives_what_holds(workbook, bring_in, tmp_path, cast):
    first = call(code="I00001")
    bring_in(workbook([ACCOUNT], [CONTACT], [first]))
    other = call(code="I00001", date="2026-02-03", notes="Met them.", channel="Meeting", by="Emeka Nwosu")
    later = NOW + timedelta(days=1)
    run = bring_in(workbook([ACCOUNT], [CONTACT], [other]), by=cast.tunde, at=later)
    entry, amendment = Interaction.objects.get(), Amendment.objects.get()
    assert (entry.notes, entry.channel, entry.logged_by) == ("Called about the generator.", "phone", cast.funke)
    assert amendment.values["notes"] == "Met them." and amendment.import_run == run and amendment.by == cast.tunde
    assert "Notes: Met them. (not: Called about the generator.)" in amendment.text
    assert run.decided.get(tab="interactions").changes["date"] == ["2 Feb 2026", "3 Feb 2026"]
    for book in (workbook([], [], [other]), exported(tmp_path)):
        assert buckets(bring_in(book, at=later))["interactions"] == (0, 0, 1, 0)


def test_a_voided_entry_is_not_amended(workbook, bring_in, preview, cast):
    from interactions.log.actions import void_interaction

    bring_in(workbook([ACCOUNT], [CONTACT], [call(code="I00001")]))
    void_interaction(Interaction.objects.get(), by=cast.tunde, at=NOW, reason="Wrong customer")
    run = preview(workbook([], [], [call(code="I00001", notes="Else")]))
    assert row_of(run, "interactions", 2).kinds == {"voided"}


def test_reading_the_hub_takes_as_many_queries_for_thirty_rows_as_for_three_hundred(workbook, cast, bring_in):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from interactions.workbook.book import Book
    from interactions.workbook.decisions import Choices, Rights
    from interactions.workbook.plan import Plan

    def rows(count):
        accounts = [account(code=f"A{n:03d}", name=f"Company {n}", erp=n) for n in range(count)]
        contacts = [contact(code=f"C{n:03d}", account=f"A{n:03d}") for n in range(count)]
        calls = [call(code=f"I{n:05d}", contact=f"C{n:03d}", account=f"A{n:03d}") for n in range(count)]
        return workbook(accounts, contacts, calls)

    bring_in(rows(30))
    counts = []
    for path in (rows(30), rows(300)):
        with Book(path) as book, CaptureQueriesContext(connection) as queries:
            for _ in Plan(book, Choices(), Rights(everywhere=True), NOW.date()):
                pass
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_a_confidential_note_is_not_shown_in_a_preview(workbook, bring_in, preview):
    bring_in(workbook([ACCOUNT], [CONTACT], [call(code="I00001")]))
    entry = Interaction.objects.get()
    entry.confidential, entry.amended_at = True, entry.logged_at
    entry.save()
    run = preview(workbook([], [], [call(code="I00001", notes="Else")]))
    assert row_of(run, "interactions", 2).changes == {"notes": ["(confidential: kept in the hub)", "Else"]}


def test_several_strangers_under_a_known_code_are_all_refused(small, workbook, bring_in):
    bring_in(small)
    rows = [account(name="Diamond Bank", erp=""), account(name="Boi Bank", erp="")]
    run = bring_in(workbook(rows, [], []))
    assert buckets(run)["accounts"] == (0, 0, 0, 2)
    assert "none of them is the hub's A001" in row_of(run, "accounts", 2).problems[0]["message"]
    assert Account.objects.get().name == "Zenith Bank PLC"


def test_the_refused_rows_as_they_are_change_nothing(workbook, bring_in, tmp_path):
    from interactions.workbook.book import Book
    from interactions.workbook.refused_rows import faults_of, write_refused

    rows = [ACCOUNT, account(name="Diamond Bank", erp=""), account(name="Boi Bank", erp="")]
    run = bring_in(workbook(rows, [CONTACT], [call(date="")]))
    report = tmp_path / "refused.xlsx"
    with Book(run.file.path) as book:
        write_refused(report, book, faults_of(run))
    again = bring_in(report)
    assert buckets(again) == {"accounts": (0, 0, 0, 2), "contacts": (0, 0, 0, 0), "interactions": (0, 0, 0, 1)}


def test_rows_without_an_id_of_their_own_are_told_free_ones_and_mended_with_them_come_in(small, workbook, bring_in):
    bring_in(small)
    Account.objects.create(code="A006", name="Only in the hub", created_at=NOW)  # beyond the series
    others = [account(name="Diamond Bank", erp=""), account(code="", name="Boi", erp=""), account(code="A004", erp="")]
    people = [CONTACT, contact(name="Aisha Musa"), contact(name="Ada Obi")]
    calls = [call(code="I00001"), call(code="I00001", notes="Another one.")]
    run = bring_in(workbook([ACCOUNT, *others], people, calls))
    said = {(row.tab, row.row): row.problems[0]["message"] for row in run.decided.filter(bucket="refused")}
    assert said == {
        ("accounts", 3): "A001 is used by 2 rows; row 2 keeps it. If this is another account, A005 is free.",
        ("accounts", 4): "This row has no Account ID: A007 is free.",
        ("contacts", 3): "C001 is used by 3 rows; row 2 keeps it. If this is another contact, C002 is free.",
        ("contacts", 4): "C001 is used by 3 rows; row 2 keeps it. If this is another contact, C003 is free.",
        (
            "interactions",
            3,
        ): "I00001 is used by 2 rows; row 2 keeps it. If this is another interaction, I00002 is free.",
    }
    mended = workbook(
        [account(code="A005", name="Diamond Bank", erp=""), account(code="A007", name="Boi", erp="")],
        [contact(code="C002", name="Aisha Musa"), contact(code="C003", name="Ada Obi")],
        [call(code="I00002", notes="Another one.")],
    )
    assert buckets(bring_in(mended)) == {
        "accounts": (2, 0, 0, 0),
        "contacts": (2, 0, 0, 0),
        "interactions": (1, 0, 0, 0),
    }


def test_a_workbook_s_row_keeps_what_is_the_erp_s_and_warns(workbook, bring_in, zenith):
    given = {"name": zenith.name, "name_key": zenith.name_key, "industry": "Finance"}
    ErpCustomer.objects.create(source="erp", external_id="102345", account=zenith, **given)
    row = account(name="Zenith Bank", industry="Banking", address="1 Marina", erp="777", owner="")
    other = account(code="A002", name="Access Bank", erp="102345", owner="", main_phone="")
    run = bring_in(workbook([row, other], [], []))
    zenith.refresh_from_db()
    assert (zenith.name, zenith.industry, zenith.erp_customer_id) == ("Zenith Bank PLC", "Finance", "102345")
    assert zenith.address == "1 Marina"
    assert run.kinds["accounts"]["erp_owns"] == 3 and run.counts["accounts"]["changed"] == 1
    said = [problem["message"] for problem in run.decided.get(tab="accounts", row=2).problems]
    assert "“Zenith Bank PLC” comes from the ERP and stays: change it there." in said
    assert "duplicate_erp_id" in run.kinds["accounts"]  # what the ERP gave away isn't given again


def test_rows_that_are_no_data_are_refused_as_such(workbook, preview):
    header = [
        "Account ID",
        "Company Name",
        "Industry",
        "Address",
        "Main Phone Number",
        "ERP Customer ID",
        "Account Owner",
    ]
    run = preview(
        workbook([ACCOUNT, header, ["Total", "", "", "", "", 1, ""], account(code="A002", name="Total", erp="")])
    )
    assert (row_of(run, "accounts", 3).kinds, row_of(run, "accounts", 4).kinds) == ({"repeated_header"}, {"totals_row"})
    assert row_of(run, "accounts", 5).bucket == "new"


def test_cells_that_say_nothing_are_blank_in_every_column_but_notes(workbook, bring_in):
    bring_in(
        workbook([account(industry="N/A", erp="NULL")], [contact(title="-")], [call(notes="-", next_action="n/a")])
    )
    assert (Account.objects.get().industry, Account.objects.get().erp_customer_id) == ("", None)
    assert (Contact.objects.get().job_title, Interaction.objects.get().next_action) == ("", "")
    assert Interaction.objects.get().notes == "-"


def test_an_erp_id_that_can_t_be_one_is_refused_unless_the_hub_has_it(workbook, bring_in, preview):
    bring_in(workbook([ACCOUNT]))
    assert row_of(preview(workbook([account(erp="ask Bola please")])), "accounts", 2).kinds == {"bad_erp_id"}
    Account.objects.update(erp_customer_id="ASK,BOLA")
    assert buckets(preview(workbook([account(erp="ask,bola")])))["accounts"] == (0, 0, 1, 0)
