"""Questions about what the replays stored."""

from django.db.models import Exists, OuterRef

from ownership.replay.models import OwnerReview


def under_review(account: str = "pk") -> Exists:
    """Whether a row's account goes on showing another owner than the rules give until a head has decided."""
    return Exists(OwnerReview.objects.filter(account=OuterRef(account), state__in=OwnerReview.OPEN))
