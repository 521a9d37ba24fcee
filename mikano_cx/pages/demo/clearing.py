"""Takes the demo away and leaves real rows byte for byte.

Where a real row hangs on a demo row (a real call with a demo account, an imported row that Funke Ade logged), the demo
row it needs stays: without the demo mark, and a person can't sign in any more. "Needs" is read off the models' foreign
keys, so rows of apps that come later count too.
"""

from collections import defaultdict
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.db.models import CASCADE, Q, QuerySet

from accounts.models import Account, Contact, Division, SavedView, Staff
from interactions.models import Interaction

MARKED: tuple[type[models.Model], ...] = (Interaction, Contact, Account, Staff)  # children before parents
Ids = dict[type[models.Model], set[int]]


@transaction.atomic
def clear() -> tuple[dict[str, int], dict[str, list[str]]]:
    """Remove the demo. Returns how many rows went, and the names of those kept, each by kind of row."""
    Division.objects.filter(head__is_demo=True).update(head=None)
    Division.objects.filter(steward__is_demo=True).update(steward=None)
    SavedView.objects.filter(owner__is_demo=True).delete()
    kept, going = _sort_out()
    names = {
        _plural(model): [str(row) for row in model._default_manager.filter(pk__in=kept[model])] for model in MARKED
    }
    _unmark(kept)
    Account.objects.filter(pk__in=going[Account]).update(parent=None)
    for model in MARKED:
        _erase(model, going[model])
    return (
        {_plural(model): len(going[model]) for model in MARKED},
        {kind: rows for kind, rows in names.items() if rows},
    )


def _sort_out() -> tuple[Ids, Ids]:
    """Which demo rows stay, because a row that stays points at them, and which go."""
    going: Ids = {
        model: set(model._default_manager.filter(is_demo=True).values_list("pk", flat=True)) for model in MARKED
    }
    kept: Ids = defaultdict(set)
    grows = True
    while grows:
        grows = False
        for model in MARKED:
            needed = _needed(model, going)
            grows |= bool(needed)
            kept[model] |= needed
            going[model] -= needed
    return kept, going


def _needed(model: type[models.Model], going: Ids) -> set[int]:
    """Rows of the model on their way out that some row which stays points at."""
    needed: set[int] = set()
    # Histories too: a real row's history that names Funke as owner, or as who changed it, keeps her name.
    for foreign_key in _pointing_at(model):
        if foreign_key.remote_field.on_delete is CASCADE:
            continue  # goes with the row
        pointing = _staying(foreign_key.model, going).filter(**{f"{foreign_key.name}__in": going[model]})
        needed.update(pointing.values_list(foreign_key.attname, flat=True))
    return needed


def _staying(model: type[Any], going: Ids) -> QuerySet[Any]:
    """The model's rows but those that go, or go with a row that goes."""
    rows = model._base_manager.exclude(pk__in=going[model]) if model in MARKED else model._base_manager.all()
    tracked = getattr(model, "instance_type", None)  # the model whose history this is
    if tracked in MARKED:
        return rows.exclude(id__in=going[tracked])
    for field in (tracked or model)._meta.concrete_fields:
        target = field.related_model
        if model not in MARKED and target in MARKED and field.remote_field.on_delete is CASCADE:
            rows = rows.exclude(Q(**{f"{field.attname}__in": going[target]}))
    return rows


def _unmark(kept: Ids) -> None:
    for model in MARKED:
        model._default_manager.filter(pk__in=kept[model]).update(is_demo=False)
    Staff.objects.filter(pk__in=kept[Staff]).update(is_active=False, password=make_password(None))


def _erase(model: type[Any], ids: set[int]) -> None:
    """Rows, what goes with them, and the histories of both (deleting writes one more history row: those go last)."""
    rows = model._default_manager.filter(pk__in=ids)
    rows.erase() if model is Interaction else QuerySet.delete(rows)
    model.history.filter(id__in=ids).delete()
    for copy in _pointing_at(model):
        tracked: Any = getattr(copy.model, "instance_type", None)
        names = {field.name for field in tracked._meta.concrete_fields} if tracked else set()
        if copy.name in names and tracked._meta.get_field(copy.name).remote_field.on_delete is CASCADE:
            copy.model._base_manager.filter(**{f"{copy.name}__in": ids}).delete()


def _pointing_at(model: type[models.Model]) -> list[Any]:
    """Every foreign key to the model, histories' included."""
    relations: list[Any] = model._meta.get_fields(include_hidden=True)
    return [relation.field for relation in relations if isinstance(relation, models.ManyToOneRel)]


def _plural(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name_plural)
