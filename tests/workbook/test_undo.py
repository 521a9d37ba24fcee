"""Undo puts every value back, and refuses, naming them, where people have worked since."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from accounts.people.models import Staff, StaffAlias
from accounts.records.actions import create_account, create_contact, edit_account
from accounts.records.models import Account, Contact
from interactions.log.actions import complete_action, log_interaction
from interactions.log.models import Amendment, Interaction
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW
from tests.workbook.conftest import ACCOUNT, CALL, CONTACT, exported, take_back

LATER = NOW + timedelta(days=2)
CODED = ["I00001", *CALL[1:]]


@pytest.fixture
def first(workbook, bring_in):
    return bring_in(workbook([ACCOUNT, ["A002", "Lavender", "", "", "", "7", ""]], [CONTACT], [CODED]))


@pytest.fixture
def second(first, workbook, bring_in, cast):
    """Changes all there is: swapped ERP ids, a moved contact, an owner whom nobody knows, an amended entry."""
    return bring_in(
        workbook(
            [
                ["A001", "Zenith Bank Plc", "Banking", "Marina", "", "7", "Old Salesman"],
                ["A002", "Lavender", "", "", "", "102345", "Emeka Nwosu"],
                ["A003", "New one", "", "", "", "9", "Old Salesman"],
            ],
            [["C001", "Tunde Leye", "CEO", "not-an-email", "08031112222", "A003"]],
            [["I00001", "2026-02-05", "C001", "", "Meeting", "Met.", "Sign", "2026-03-20", "Old Salesman"]],
        ),
        by=cast.tunde,
        at=LATER,
    )


def test_it_restores_byte_for_byte_what_an_import_changed(first, second, tmp_path, cast):
    take_back(second, by=cast.tunde, at=LATER)
    undone = exported(tmp_path).read_bytes()
    take_back(first, at=LATER)
    assert not Account.objects.exists()
    assert Staff.objects.filter(full_name="Old Salesman").count() == 0
    assert undone != exported(tmp_path).read_bytes()


def test_the_export_before_and_after_are_the_same_bytes(first, tmp_path, workbook, bring_in):
    before = exported(tmp_path).read_bytes()
    records = list(Account.objects.order_by("pk").values()), list(Contact.objects.values())
    run = bring_in(
        workbook(
            [["A001", "Other", "X", "Y", "1", "7", "Old Salesman"], ["A002", "L", "", "", "", "102345", "Funke Ade"]],
            [["C001", "T. Leye", "CEO", "x", "1", "A002"]],
            [["I00001", "5 Feb 2026", "C001", "", "Fax", "Met.", "Sign", "2026-03-20", "Old Salesman"]],
        )
    )
    assert run.counts["accounts"]["changed"] == 2 and run.counts["interactions"]["changed"] == 1
    assert exported(tmp_path).read_bytes() != before
    take_back(run)
    assert exported(tmp_path).read_bytes() == before
    assert (list(Account.objects.order_by("pk").values()), list(Contact.objects.values())) == records
    assert not Amendment.objects.exists()


def test_history_says_who_undid_it(first, second, cast):
    take_back(second, by=cast.aisha, at=LATER)
    last = Account.objects.get(code="A001").history.first()
    assert (last.history_user, last.history_change_reason) == (cast.aisha, f"Workbook import {second.pk} undone")
    gone = Account.history.get(code="A003", history_type="-")
    assert gone.history_user == cast.aisha


@pytest.mark.parametrize("what", ["edited", "contact", "logged", "done", "later import"])
def test_it_refuses_where_people_have_worked_since(first, what, cast, workbook, bring_in):
    account = Account.objects.get(code="A001")
    if what == "edited":
        values = {"address": "Ikeja"}
        edit_account(account, by=cast.tunde, at=LATER, values=values, seen_version=account.version)
        named = "A001"
    elif what == "contact":
        create_contact(by=cast.tunde, at=LATER, values={"full_name": "Ada Okoro", "account": account})
        named = "A001"
    elif what == "logged":
        log_interaction(by=cast.funke, at=LATER, contact=Contact.objects.get(), channel="phone")
        named = "C001"
    elif what == "done":
        complete_action(Interaction.objects.get(), by=cast.funke, at=LATER)
        named = "I00001"
    else:
        bring_in(workbook([], [], [["I00001", *CALL[1:5], "Other notes", *CALL[6:]]]), at=LATER)
        named = "I00001"
    with pytest.raises(Refused) as refused:
        take_back(first, at=LATER)
    assert refused.value.code == "touched" and named in refused.value.message
    first.refresh_from_db()
    assert first.state == "applied" and "can't be undone" in first.message
    assert Account.objects.count() == 2


def test_a_changed_record_that_was_changed_again_is_named(second, cast):
    account = Account.objects.get(code="A002")
    edit_account(account, by=cast.tunde, at=LATER, values={"address": "Ikeja"}, seen_version=account.version)
    with pytest.raises(Refused, match="A002"):
        take_back(second, at=LATER)


def test_people_and_aliases_that_are_used_elsewhere_stay(first, second, cast):
    person = Staff.objects.get(full_name="Old Salesman")
    StaffAlias.objects.create(name_key="o s", written="O. S.", staff=person)
    take_back(second, at=LATER)
    assert Staff.objects.filter(pk=person.pk).exists()


def test_the_last_touch_goes_back(first, workbook, bring_in):
    before = Account.objects.get(code="A001").last_interaction_at
    run = bring_in(workbook([], [], [["", "2026-03-01", "C001", "", "Visit", "Later", "", "", ""]]))
    assert Account.objects.get(code="A001").last_interaction_at > before
    take_back(run)
    assert Account.objects.get(code="A001").last_interaction_at == before


def test_an_erp_id_that_somebody_has_taken_since_is_named_and_the_import_stays_applied(first, workbook, bring_in, cast):
    run = bring_in(workbook([["A001", "Zenith Bank PLC", "", "", "", "555", ""]]))
    taker = create_account(by=cast.tunde, at=LATER, values={"name": "Quite another", "erp_customer_id": "102345"})
    with pytest.raises(Refused) as refused:
        take_back(run, at=LATER)
    assert f"{taker.code} (has ERP ID 102345 now)" in refused.value.message
    edit_account(taker, by=cast.tunde, at=LATER, values={"erp_customer_id": ""}, seen_version=taker.version)
    take_back(run, at=LATER)
    assert Account.objects.get(code="A001").erp_customer_id == "102345"


def test_what_the_database_refuses_leaves_the_import_applied_with_a_sentence(first, monkeypatch):
    def refuse(*args, **kwargs):
        raise IntegrityError("duplicate key")

    monkeypatch.setattr("interactions.workbook.undo.recompute_last_touch", refuse)
    with pytest.raises(Refused, match="can't be undone"):
        take_back(first, at=LATER)
    first.refresh_from_db()
    assert first.state == "applied" and "can't be undone" in first.message and Account.objects.count() == 2
