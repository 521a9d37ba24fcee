"""The actions that save and delete saved views."""

from django.db import transaction
from django.http import QueryDict

from accounts.lists.models import SavedView
from accounts.people.models import Division, Staff
from mikano_cx.kit.refusal import Refused


@transaction.atomic
def save_view(*, by: Staff, list_name: str, name: str, query: str, division: Division | None = None) -> SavedView:
    """Save a list's address under a name. A view of the person's own with the same name is replaced.

    `list_name` is a name in `accounts.lists.registry`, `query` the address's query string. With a `division` the view
    is shared with it.
    Refuses: `name_missing`, `not_your_division` (sharing with a division that isn't the person's own).
    """
    name = " ".join(name.split())[:60]
    if not name:
        raise Refused("name_missing", "Give the view a name.", field="name")
    if division is not None and division.pk not in by.division_ids:
        raise Refused("not_your_division", "A view can be shared with a division of yours.", field="division")
    kept = QueryDict(query, mutable=True)
    for passing in ("page", "_export"):
        kept.pop(passing, None)
    view, _ = SavedView.objects.update_or_create(
        owner=by, list_name=list_name, name=name, defaults={"query": kept.urlencode(), "division": division}
    )
    return view


def delete_view(view: SavedView, *, by: Staff) -> None:
    """Delete one's own saved view."""
    if view.owner_id != by.pk:
        raise Refused("not_yours", "Only its owner can delete a saved view.")
    view.delete()
