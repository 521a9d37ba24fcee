"""The action by which a division head decides owner reviews."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.people.models import Staff
from accounts.records.models import Account
from accounts.records.models.accounts import OwnerBasis
from mikano_cx.kit.refusal import Refused
from ownership.replay.actions.replay import replay_accounts
from ownership.replay.models import OwnerReview


@transaction.atomic
def decide_reviews(
    reviews: Iterable[OwnerReview], *, by: Staff, at: datetime, accept: bool, reason: str = ""
) -> list[OwnerReview]:
    """Accept the rules' owner, or hold the workbook's owner for now, in all these reviews or none.

    Returns the reviews that it decided; those that are no longer open stay as they are. Accepting replays the
    accounts. Refuses: `not_your_division`, `reason_missing` (holding needs a reason).
    """
    undecided = OwnerReview.objects.filter(pk__in=[review.pk for review in reviews], state__in=OwnerReview.OPEN)
    accounts = Account.objects.filter(pk__in=list(undecided.order_by().values_list("account", flat=True)))
    held = accounts.select_for_update(of=("self",), no_key=True).only("code", "name", "division").order_by("pk")
    of = held.in_bulk()  # accounts before reviews, as a replay locks them
    rows = list(undecided.select_for_update(of=("self",)).order_by("pk"))
    for review in rows:
        if not by.heads(of[review.account_id].division_id):
            raise Refused("not_your_division", f"The head of its division decides on {of[review.account_id]}.")
    if not accept and not reason.strip():
        raise Refused("reason_missing", "Say why the workbook's owner is held.", field="reason")
    decision: dict[str, Any] = {
        "state": OwnerReview.State.ACCEPTED if accept else OwnerReview.State.HELD,
        "decided_by": by,
    }
    decision |= {"decided_at": at, "reason": " ".join(reason.split())[:300]}
    OwnerReview.objects.filter(pk__in=[review.pk for review in rows]).update(**decision)
    if accept and rows:
        ids = [review.account_id for review in rows]
        Account.objects.filter(pk__in=ids).update(owner_basis=OwnerBasis.RULES)
        replay_accounts(ids, at=at, by=by)
    return rows
