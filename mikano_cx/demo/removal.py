"""Removing the demo without changing any real row.

A demo row that a real row needs stays, without the demo mark: for instance the account of a real call, or Funke Ade,
who logged an imported row; such a person can't sign in any more. The models' foreign keys say what a row needs, so rows
of later apps count too. Accounts that stay and lose demo facts are replayed without them.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.db.models import CASCADE, Q, QuerySet

from accounts.imports.models import ErpCustomer, Feed, ImportRun
from accounts.lists.models import SavedView
from accounts.people.models import Division, Leave, Movement, ProductLine, Staff
from accounts.records.models import Account, Contact
from interactions.log.models import Interaction
from interactions.sales.models import OnlineReview, Sale
from mikano_cx.demo.feeds import erase_feeds
from mikano_cx.demo.ownership import REASON
from ownership.disputes.models import Dispute, DraftRuling
from ownership.facts.models import Assignment, Renewal, Ruling
from ownership.facts.queries import ASSIGNMENT, INTERACTION, SALE, row_of
from ownership.replay.actions.replay import replay_accounts
from ownership.replay.models import Tenure
from ownership.routing.models import Routing

FACTS: tuple[type[models.Model], ...] = (Ruling, Interaction, Sale, Dispute, Assignment, Renewal, Routing)
FED = (OnlineReview, ErpCustomer, ImportRun, Feed)
MARKED: tuple[type[models.Model], ...] = (*FACTS, *FED, Contact, Account, Staff)  # children before parents
DERIVED = (Tenure,)  # derived from facts, so it keeps no row
LETTERS = {INTERACTION: Interaction, SALE: Sale, ASSIGNMENT: Assignment}
Ids = dict[type[models.Model], set[int]]


@transaction.atomic
def clear(*, at: datetime) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Remove the demo. Returns the number of removed rows, and the names of those kept, both by kind of row.

    Accounts that stay and lose facts are replayed as of `at`.
    """
    Division.objects.filter(head__is_demo=True).update(head=None)
    Division.objects.filter(steward__is_demo=True).update(steward=None)
    SavedView.objects.filter(owner__is_demo=True).delete()
    kept, going = _sort_out()
    names = {
        _plural(model): [str(row) for row in model._default_manager.filter(pk__in=kept[model])] for model in MARKED
    }
    _unmark(kept)
    Account.objects.filter(pk__in=going[Account]).update(parent=None)
    touched = _accounts_of(going) - going[Account]
    for model in FACTS:
        _erase(model, going[model])
    replay_accounts(touched, at=at)
    for about in (Movement, Leave):  # before the people who recorded them
        about.objects.filter(staff__in=going[Staff]).delete()
    erase_feeds(going[Feed], going[ImportRun])
    for model in (*FED, Contact, Account, Staff):
        _erase(model, going[model])
    _erase_product_lines()
    return (
        {_plural(model): len(going[model]) for model in MARKED},
        {noun: rows for noun, rows in names.items() if rows},
    )


def _sort_out() -> tuple[Ids, Ids]:
    """The demo rows that stay because a row that stays points at them, and those that go."""
    going: Ids = {
        model: set(model._default_manager.filter(is_demo=True).values_list("pk", flat=True)) for model in MARKED
    }
    kept: Ids = defaultdict(set)
    grows = True
    while grows:
        grows = False
        for model in MARKED:
            needed = _rows_pointed_at(model, going)
            grows |= bool(needed)
            kept[model] |= needed
            going[model] -= needed
    return kept, going


def _accounts_of(going: Ids) -> set[int]:
    """The accounts of the facts that go."""
    found: set[int] = set()
    for model in (Interaction, Sale, Ruling, Renewal, Assignment):
        found.update(model._default_manager.filter(pk__in=going[model]).values_list("account", flat=True))
    return found


def _rows_pointed_at(model: type[models.Model], going: Ids) -> set[int]:
    """The rows of the model that are to go although a row that stays points at them."""
    needed: set[int] = _named_by_disputes(model, going) & going[model]
    # Histories count too: if a real row's history names Funke as owner or as author, her row stays.
    for foreign_key in _pointing_at(model):
        if foreign_key.remote_field.on_delete is CASCADE:
            continue  # is deleted with the row
        if foreign_key.model in DERIVED:
            continue
        pointing = _rows_that_stay(foreign_key.model, going).filter(**{f"{foreign_key.name}__in": going[model]})
        needed.update(pointing.values_list(foreign_key.attname, flat=True))
    return needed


def _named_by_disputes(model: type[models.Model], going: Ids) -> set[int]:
    """The rows that a dispute that stays names without a foreign key: its claimants, and the facts ruled on."""
    if model is Staff:
        claims = Dispute.claimants.through._default_manager.exclude(dispute__in=going[Dispute])
        return set(claims.values_list("staff", flat=True))
    ruled = Ruling.objects.exclude(pk__in=going[Ruling]).values_list("target", flat=True)
    drafted = DraftRuling.objects.exclude(dispute__in=going[Dispute]).values_list("target", flat=True)
    facts = [row_of(target) for target in (*ruled, *drafted)]
    return {pk for letter, pk in facts if LETTERS.get(letter) is model}


def _rows_that_stay(model: type[Any], going: Ids) -> QuerySet[Any]:
    """The model's rows without those that go, directly or with another row."""
    rows = model._base_manager.exclude(pk__in=going[model]) if model in MARKED else model._base_manager.all()
    tracked = getattr(model, "instance_type", None)  # the model that this history belongs to
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
    """Delete rows, their dependents, and both histories. Deleting adds a history row, so histories come last."""
    rows = model._default_manager.filter(pk__in=ids)
    rows.erase() if model in (Interaction, Sale) else QuerySet.delete(rows)
    if hasattr(model, "history"):
        model.history.filter(id__in=ids).delete()
    for copy in _pointing_at(model):
        tracked: Any = getattr(copy.model, "instance_type", None)
        names = {field.name for field in tracked._meta.concrete_fields} if tracked else set()
        if copy.name in names and tracked._meta.get_field(copy.name).remote_field.on_delete is CASCADE:
            copy.model._base_manager.filter(**{f"{copy.name}__in": ids}).delete()


def _erase_product_lines() -> None:
    """Delete the demo's product lines, except those that a person who stays sells or an inquiry was about."""
    made = ProductLine.history.filter(history_type="+", history_change_reason=REASON).values("id")
    going = set(ProductLine.objects.filter(pk__in=made, staff=None, routings=None).values_list("pk", flat=True))
    ProductLine.objects.filter(pk__in=going).delete()
    ProductLine.history.filter(id__in=going).delete()


def _pointing_at(model: type[models.Model]) -> list[Any]:
    """Every foreign key to the model, including those of histories."""
    relations: list[Any] = model._meta.get_fields(include_hidden=True)
    return [relation.field for relation in relations if isinstance(relation, models.ManyToOneRel)]


def _plural(model: type[models.Model]) -> str:
    return str(model._meta.verbose_name_plural)
