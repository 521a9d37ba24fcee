"""A lean history is indexed by its record, and by what it is told."""

import pytest

from accounts.records.models import Account, Contact
from interactions.log.models import Interaction
from interactions.sales.models import Sale


@pytest.mark.parametrize(
    ("model", "indexed"),
    [(Account, {"id"}), (Contact, {"id", "account"}), (Interaction, {"id"}), (Sale, {"id"})],
)
def test_it_has_no_other_index(model, indexed):
    history = model.history.model._meta
    assert {field.name for field in history.fields if field.db_index} == indexed
    assert not history.indexes
