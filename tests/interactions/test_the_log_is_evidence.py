"""Nobody edits history: refused by the verbs, by the model, by the queryset and by the database."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.people.models import Division
from accounts.records.models import Contact
from interactions.log.actions import amend_interaction, log_interaction, void_interaction
from interactions.log.models import Amendment, Interaction, KindVersion, LogIsEvidence
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW


@pytest.fixture
def entry(cast, zenith):
    return log_interaction(by=cast.funke, at=NOW, contact=Contact.objects.get(code="C001"), channel="phone", notes="A")


def test_its_author_amends_it_for_15_minutes(cast, entry):
    amend_interaction(entry, by=cast.funke, at=NOW + timedelta(minutes=15), values={"notes": "B"})
    entry.refresh_from_db()
    assert entry.notes == "B"
    assert entry.history.count() == 2


def test_later_an_amendment_is_a_dated_entry_beside_the_original(cast, entry):
    at = NOW + timedelta(minutes=15, seconds=1)
    amendment = amend_interaction(entry, by=cast.funke, at=at, values={"notes": "B"}, text="It was B.")
    entry.refresh_from_db()
    assert entry.notes == "A"
    assert (amendment.text, amendment.at, amendment.by) == ("It was B.", at, cast.funke)


def test_somebody_else_doesn_t_amend_it(cast, entry):
    with pytest.raises(Refused, match="author or the steward"):
        amend_interaction(entry, by=cast.emeka, at=NOW, values={"notes": "B"}, text="It was B.")


def test_the_steward_of_another_division_doesn_t_amend_it(cast, entry):
    cast.aisha.divisions.set([Division.objects.get(slug="power")])
    with pytest.raises(Refused, match="author or the steward"):
        amend_interaction(entry, by=cast.aisha, at=NOW, text="It was B.")


def test_a_steward_voids_it_with_a_reason_and_it_stays(cast, entry):
    with pytest.raises(Refused) as refusal:
        void_interaction(entry, by=cast.aisha, at=NOW, reason=" ")
    assert refusal.value.code == "reason_missing"
    void_interaction(entry, by=cast.aisha, at=NOW, reason="Logged twice")
    entry.refresh_from_db()
    assert (entry.void_reason, entry.notes) == ("Logged twice", "A")
    assert entry not in Interaction.objects.valid()
    assert entry in Interaction.objects.all()


def test_sales_staff_void_nothing(cast, entry):
    with pytest.raises(Refused) as refusal:
        void_interaction(entry, by=cast.funke, at=NOW, reason="Oops")
    assert refusal.value.code == "not_your_role"


def test_the_model_refuses_an_edit(entry):
    entry = Interaction.objects.get(pk=entry.pk)
    entry.notes = "B"
    with pytest.raises(LogIsEvidence):
        entry.save()
    entry.refresh_from_db()
    entry.logged_at = NOW - timedelta(days=1)
    with pytest.raises(LogIsEvidence):
        entry.save()


def test_the_queryset_refuses_bulk_changes(entry):
    with pytest.raises(LogIsEvidence):
        Interaction.objects.update(notes="B")
    with pytest.raises(LogIsEvidence):
        Interaction.objects.all().delete()
    with pytest.raises(LogIsEvidence):
        entry.delete()
    with pytest.raises(LogIsEvidence):
        Interaction.objects.all().erase()


@pytest.mark.parametrize("change", ["notes = 'B'", "logged_at = '2020-01-01'", "logged_by_id = NULL", "code = 'X'"])
def test_the_database_refuses_an_edit(entry, change):
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE interactions_interaction SET {change}")


def test_the_database_refuses_an_amendment_after_15_minutes(entry):
    late = "UPDATE interactions_interaction SET notes = 'B', amended_at = %s"
    refused = pytest.raises(DatabaseError, match="amended_within_15_minutes")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(late, [NOW + timedelta(minutes=16)])


def test_the_database_keeps_what_is_not_imported(entry):
    if connection.vendor != "postgresql":
        pytest.skip("PostgreSQL only: SQLite's tests empty tables by DELETE")
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM interactions_interaction")


def test_its_own_life_may_change_next_action_done(cast, entry):
    Interaction.objects.filter(pk=entry.pk).update(done_at=NOW)
    entry.refresh_from_db()
    assert entry.done_at == NOW


def test_an_amendment_is_neither_changed_nor_moved_nor_deleted(cast, entry):
    amendment = amend_interaction(entry, by=cast.funke, at=NOW, text="It was B.")
    for change in (
        lambda: amendment.delete(),
        lambda: amendment.save(),
        lambda: Amendment.objects.all().delete(),
        lambda: Amendment.objects.update(text="C"),
        lambda: Amendment.objects.all().erase(),
    ):
        with pytest.raises(LogIsEvidence):
            change()
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE interactions_amendment SET text = 'C'")
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM interactions_amendment")


def test_a_void_stays(cast, entry):
    void_interaction(entry, by=cast.aisha, at=NOW, reason="Logged twice")
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
        Interaction.objects.update(voided_at=None, voided_by=None, void_reason="")


def test_a_real_entry_never_becomes_a_demo_or_imported_one(entry):
    with pytest.raises(DatabaseError, match="evidence"), transaction.atomic():
        Interaction.objects.update(is_demo=True)


def test_an_imported_entry_is_amended_beside(cast, zenith):
    entry = Interaction(
        code="I7",
        occurred_at=NOW,
        logged_at=NOW,
        account=zenith,
        channel="phone",
        logged_by=cast.funke,
        source="import",
    )
    assert not entry.amendable(by=cast.funke, at=NOW)


def test_a_kind_s_version_is_never_edited(db):
    with pytest.raises(TypeError):
        KindVersion.objects.first().save()


def test_voiding_or_moving_the_last_entry_moves_the_last_touch_back(cast, entry, zenith):
    contact = entry.contact
    earlier = log_interaction(
        by=cast.funke, at=NOW, contact=contact, channel="phone", occurred_at=NOW - timedelta(days=3)
    )
    void_interaction(entry, by=cast.aisha, at=NOW, reason="Logged twice")
    for record in (zenith, contact):
        record.refresh_from_db()
        assert record.last_interaction_at == earlier.occurred_at
    amend_interaction(earlier, by=cast.funke, at=NOW, values={"occurred_at": NOW - timedelta(days=9)})
    zenith.refresh_from_db()
    assert zenith.last_interaction_at == NOW - timedelta(days=9)


def test_saving_an_amendment_that_changes_nothing_amends_nothing(cast, entry):
    amend_interaction(entry, by=cast.funke, at=NOW, values={"notes": "A\r\n", "channel": "phone"})
    entry.refresh_from_db()
    assert entry.amended_at is None
