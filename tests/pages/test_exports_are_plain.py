"""What a list exports is plain values: never the page's HTML, never a word that is only true today."""

from datetime import timedelta

import pytest

from accounts.records.models import Contact
from accounts.records.tables import AccountTable, ContactTable
from interactions.log.actions import complete_action, log_interaction, void_interaction
from interactions.log.tables import InteractionTable
from tests.conftest import NOW, TODAY

LISTS = {"/accounts/": AccountTable, "/contacts/": ContactTable, "/interactions/": InteractionTable}


@pytest.fixture
def everything(cast, zenith):
    """Rows in every state that a cell dresses up."""
    Contact.objects.filter(code="C002").update(is_active=False, email="ada@example.ng")
    tunde = Contact.objects.get(code="C001")
    told = {"by": cast.funke, "at": NOW, "contact": tunde, "channel": "meeting", "notes": "Met <b>them</b>."}
    done = log_interaction(**told, next_action="Send quote", due_on=TODAY)
    complete_action(done, by=cast.funke, at=NOW)
    void_interaction(log_interaction(**told), by=cast.aisha, at=NOW, reason="Logged twice")
    log_interaction(**told, confidential=True, next_action="Call", due_on=TODAY - timedelta(days=9))


@pytest.mark.parametrize("address", LISTS)
def test_every_column_of_a_list_goes_out_plain(everything, client_of, cast, address):
    columns = ",".join(LISTS[address].base_columns)
    answer = client_of(cast.emeka).get(address, {"columns": columns, "_export": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig").replace("Met <b>them</b>.", "")
    assert "<" not in text and "&" not in text
    assert "ago" not in text and "today" not in text
    assert text.count("\n") >= 2


def test_days_go_out_as_days(everything, client_of, cast):
    answer = client_of(cast.emeka).get("/interactions/", {"columns": "when,due,state", "_export": "csv"})
    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert any("2026-03-16" in row for row in rows[1:])
    assert any("Void: Logged twice" in row for row in rows[1:])
