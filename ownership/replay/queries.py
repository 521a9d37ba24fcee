"""Queries on what the replay stored."""

from django.db.models import Exists, OuterRef

from ownership.replay.models import OwnerReview


def under_review(account: str = "pk") -> Exists:
    """Whether a row's account has an open review; `account` is the path from the row to the account's key.

    Until a head has decided, such an account shows another owner than the rules give.
    """
    return Exists(OwnerReview.objects.filter(account=OuterRef(account), state__in=OwnerReview.OPEN))
