"""The export is the workbook, and an import of it changes nothing, whatever people have typed."""

import random
from datetime import date, timedelta

import pytest

from accounts.people.models import Division, Staff
from accounts.records.models import Account, Contact
from accounts.records.models.accounts import Origin
from interactions.log.models import Amendment, Interaction, InteractionKind
from interactions.workbook import cell_parsers
from interactions.workbook.layout import TABS
from mikano_cx.kit import sheets
from mikano_cx.kit.local_time import day_start
from tests.conftest import NOW
from tests.workbook.conftest import buckets, exported

ROWS = 10_000
ODD = [
    "+2348031234567",
    "0803 123 4567",
    "000123",
    "00",
    "=SUM(A1:A9)",
    '=HYPERLINK("http://x","y")',
    "@cmd",
    "-5",
    "+1",
    "😀 emoji 👩🏽‍💻",
    "one\ntwo\n\nthree",
    "MicrofinancÃ© Bank",
    "Ọ̀ṣun Ńkẹ́chi",
    "_x000D_ kept",
    "1e5",
    "31/02/2025",
    "2024-05-20",
    "TRUE",
    "#N/A",
    "'quoted",
    "tab\there",
    "“curly” & <b>bold</b>",
    "102345.0",
    "(confidential)",
    "A001",
    "Follow up on Friday",
    "–",
    "سلام",
    "  spaces   inside ",
    "NULL",
]


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def generated(cast):
    """Two thousand accounts, three thousand contacts, five thousand entries: 10,000 rows of what people type."""
    pick = random.Random(2026)
    people = [cast.funke, cast.emeka, cast.ngozi, cast.tunde, None]
    divisions = [*Division.objects.all(), None]
    accounts = [
        Account(
            code=f"A{n:03d}",
            name=one_line(f"{pick.choice(ODD)} {n}") if n % 3 else f"{n:06d}",
            industry=one_line(pick.choice([*ODD, ""])),
            address=one_line(pick.choice([*ODD, ""])),
            main_phone=pick.choice(["+2348031234567", "", "ask Bola", "0803 12"]),
            erp_customer_id=f"{n:07d}" if n % 2 else None,
            division=pick.choice(divisions),
            owner=pick.choice(people),
            origin=Origin.HUB,
            created_at=NOW,
        ).prepare()
        for n in range(1, ROWS // 5 + 1)
    ]
    Account.objects.bulk_create(accounts)
    contacts = [
        Contact(
            code=f"C{n:03d}",
            full_name=one_line(f"{pick.choice(ODD)} {n}"),
            job_title=one_line(pick.choice([*ODD, ""])),
            email=pick.choice(["", "a.b@example.ng", "A.B+c@EXAMPLE.NG"]),
            mobile=pick.choice(["", "+2348160365919", "+442079460000", "none"]),
            note=pick.choice(["", "E-mail as written: not-an-email"]),
            account=pick.choice(accounts),
            origin=Origin.HUB,
            created_at=NOW,
        ).prepare()
        for n in range(1, ROWS * 3 // 10 + 1)
    ]
    Contact.objects.bulk_create(contacts)
    kind, entries = InteractionKind.objects.first(), []
    for n in range(1, ROWS // 2 + 1):
        contact = pick.choice([*contacts[:50], None])
        on = date(2024, 1, 1) + timedelta(days=pick.randrange(800))
        channel = pick.choice(["phone", "email", "site_visit", "walk_in", "web", "whatsapp", "meeting", "other"])
        entries.append(
            Interaction(
                code=f"I{n:05d}",
                occurred_at=day_start(on) + timedelta(hours=pick.randrange(24)),
                logged_at=NOW,
                contact=contact,
                account=pick.choice(accounts) if contact is None or n % 9 == 0 else contact.account,
                channel=channel,
                channel_word="Pigeon" if channel == "other" and n % 2 else "",
                kind=kind,
                substantive=False,
                notes=pick.choice(ODD).strip() if n % 5 else "",
                next_action=one_line(pick.choice([*ODD, ""])),
                due_on=pick.choice([None, on + timedelta(days=7)]),
                logged_by=pick.choice(people),
                source="web",
            )
        )
    Interaction.objects.bulk_create(entries)


@pytest.mark.parametrize("blanks_keep", [True, False])
def test_an_import_of_the_export_of_ten_thousand_rows_changes_nothing(generated, preview, tmp_path, blanks_keep):
    run = preview(exported(tmp_path), blanks_keep=blanks_keep)
    assert (
        run.decided.filter(bucket__in=["new", "changed", "refused"]).values_list("tab", "row", "changes").first()
        is None
    )
    assert buckets(run) == {
        "accounts": (0, 0, 2_000, 0),
        "contacts": (0, 0, 3_000, 0),
        "interactions": (0, 0, 5_000, 0),
    }


def test_it_has_the_three_tabs_and_their_columns_in_order(zenith, tmp_path):
    book = sheets.read(exported(tmp_path))
    assert [tab.name for tab in book.tabs] == ["Accounts", "Contacts", "Interactions"]
    assert [tab.rows[0] for tab in book.tabs] == [[column.label for column in tab.columns] for tab in TABS]
    assert book.tabs[0].rows[1] == ["A001", "Zenith Bank PLC", "Finance", None, "+2348031234567", "102345", "Funke Ade"]


def entry_of(zenith, **values):
    fields = {
        "code": "I00001",
        "occurred_at": NOW,
        "logged_at": NOW,
        "account": zenith,
        "channel": "phone",
        "kind": InteractionKind.objects.first(),
        "substantive": False,
        "notes": "They are short of cash.",
        "source": "web",
    }
    return Interaction.objects.create(**fields | values)


def test_confidential_notes_are_masked_for_other_divisions_and_survive_their_import(zenith, cast, tmp_path, bring_in):
    entry_of(zenith, confidential=True, logged_by=cast.funke)
    for_emeka = exported(tmp_path, reader=cast.emeka)
    assert "short of cash" not in str(sheets.read(for_emeka))
    for reader in (cast.funke, cast.aisha, None):
        assert "short of cash" in str(sheets.read(exported(tmp_path, reader=reader)))
    assert buckets(bring_in(for_emeka))["interactions"] == (0, 0, 1, 0)
    assert Interaction.objects.get().notes == "They are short of cash." and not Amendment.objects.exists()


def test_a_text_longer_than_a_cell_is_no_change_when_it_comes_back(zenith, tmp_path, preview):
    entry_of(zenith, notes="long " * 20_000 + "end")
    assert buckets(preview(exported(tmp_path)))["interactions"] == (0, 0, 1, 0)


def test_voided_entries_are_left_out(zenith, cast, tmp_path):
    entry_of(zenith, voided_at=NOW, voided_by=cast.tunde, void_reason="Twice")
    assert len(sheets.read(exported(tmp_path)).tabs[2].rows) == 1


def test_nobody_reads_confidential_notes_by_importing_themselves_as_the_logger(
    zenith, cast, tmp_path, workbook, bring_in
):
    cast.tunde.divisions.clear()
    tunde = Staff.objects.get(pk=cast.tunde.pk)
    assert not tunde.reads_confidential(zenith.division_id)
    entry_of(zenith, confidential=True, logged_by=cast.funke)
    claimed = ["I00001", NOW.date(), "", "A001", "Phone", cell_parsers.CONFIDENTIAL, "", "", cast.tunde.full_name]
    run = bring_in(workbook(interactions=[claimed]), by=tunde)
    assert run.counts["interactions"]["changed"] == 1
    told = sheets.read(exported(tmp_path, reader=tunde)).tabs[2].rows[1]
    assert (told[5], told[8]) == (cell_parsers.CONFIDENTIAL, cast.tunde.full_name)
    assert "short of cash" in str(sheets.read(exported(tmp_path, reader=cast.funke)))
