"""The division's real workbook: its faults found, and brought in twice, shuffled, exported and undone."""

import json
import random

import pytest

from accounts.people.models import Staff
from accounts.records.models import Account, Contact
from interactions.log.models import Interaction
from mikano_cx.kit import sheets
from mikano_cx.kit.sheets.writer import TabOut, write_workbook
from tests.workbook.conftest import buckets, exported, take_back

# The list of faults counts 7 damaged names. Two are in the file ("MicrofinancÃ© Bank"); the cells of the other five
# are, letter for letter, the names of the list they were taken from, so nothing in the file tells them.
NOT_IN_THE_FILE = {("accounts", "mojibake_name"): 5}
UNCHANGED = {"accounts": (0, 0, 874, 26), "contacts": (0, 0, 1569, 31), "interactions": (0, 0, 5709, 291)}


@pytest.fixture
def real(shared_data):
    return shared_data / "hub_workbook" / "MIKANO_CX_HUB.xlsx"


def shuffled(real, tmp_path):
    """The same rows in another order, under other tabs' order."""
    book, tabs = sheets.read(real), []
    for tab in reversed(book.tabs):
        header, *rows = tab.rows
        random.Random(7).shuffle(rows)
        tabs.append(TabOut(tab.name, header, rows))
    path = tmp_path / "shuffled.xlsx"
    write_workbook(path, tabs)
    return path


def test_it_finds_the_faults_that_the_file_is_known_to_have(real, preview):
    known = json.loads(real.with_suffix(".faults.json").read_text())
    run = preview(real)
    for tab, faults in known.items():
        assert run.counts[tab]["rows"] == faults.pop("rows")
        expected = {kind: count - NOT_IN_THE_FILE.get((tab, kind), 0) for kind, count in faults.items()}
        assert run.kinds[tab] == expected
    assert all(
        counts["rows"] == counts["new"] + counts["changed"] + counts["same"] + counts["refused"]
        for counts in run.counts.values()
    )
    assert Account.objects.count() == 0


def test_it_changes_nothing_the_second_time_nor_in_another_order_and_can_be_undone(real, bring_in, tmp_path):
    before = exported(tmp_path).read_bytes()
    staff = set(Staff.objects.values_list("pk", flat=True))
    first = bring_in(real)
    assert buckets(first) == {
        "accounts": (874, 0, 0, 26),
        "contacts": (1569, 0, 0, 31),
        "interactions": (5709, 0, 0, 291),
    }
    after = exported(tmp_path)
    for path in (real, shuffled(real, tmp_path)):
        again = bring_in(path)
        assert buckets(again) == UNCHANGED
        assert again.kinds == first.kinds
    out = bring_in(after)
    assert buckets(out) == {"accounts": (0, 0, 874, 0), "contacts": (0, 0, 1569, 0), "interactions": (0, 0, 5709, 0)}
    assert exported(tmp_path).read_bytes() == after.read_bytes()
    assert Staff.objects.filter(is_active=False).count() == 2
    assert Account.objects.get(code="A433").name == "Adazi-Enu Microfinancé Bank Limited"
    assert Contact.objects.filter(note="E-mail as written: not-an-email").count() == 23

    take_back(first)
    assert exported(tmp_path).read_bytes() == before
    assert set(Staff.objects.values_list("pk", flat=True)) == staff
    assert not Interaction.objects.exists()
    assert Account.history.filter(history_type="-").count() == 874
