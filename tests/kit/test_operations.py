"""Many models are created at once, whichever names which, and go again."""

import pytest
from django.db import connection, models
from django.db.migrations.migration import Migration
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState

from mikano_cx.kit.operations import CreateModels

KEY = ("id", models.BigAutoField(primary_key=True))
SHIPS_AND_CREWS = CreateModels(
    [
        CreateModel("Ship", [KEY, ("master", models.ForeignKey("kit.Sailor", models.CASCADE))]),
        CreateModel("Sailor", [KEY, ("ships", models.ManyToManyField("kit.Ship", related_name="crew"))]),
    ]
)


class Voyage(Migration):
    operations = [SHIPS_AND_CREWS]
    atomic = False


def tables() -> set[str]:
    return {name for name in connection.introspection.table_names() if name.startswith("kit_")}


@pytest.mark.django_db(transaction=True)
def test_they_are_created_with_what_joins_them_and_deleted():
    migration, nothing = Voyage("0001_initial", "kit"), ProjectState()
    with connection.schema_editor() as editor:
        after = migration.apply(nothing.clone(), editor)
    assert tables() == {"kit_ship", "kit_sailor", "kit_sailor_ships"}

    with connection.schema_editor() as editor:
        migration.unapply(nothing, editor)
    assert tables() == set()
    assert after.apps.get_model("kit", "Ship")._meta.get_field("crew").related_model is after.apps.get_model(
        "kit.Sailor"
    )


@pytest.mark.pure
def test_a_state_that_was_rendered_before_has_them_too():
    state = ProjectState()
    CreateModel("Port", [KEY]).state_forwards("kit", state)
    before = state.apps

    SHIPS_AND_CREWS.state_forwards("kit", state)

    assert state.apps is not before
    assert {model.__name__ for model in state.apps.get_models()} == {"Port", "Ship", "Sailor"}
