"""What the replay stores: the time lines, their flags, the owner reviews, and the sweeps."""

from ownership.replay.models.reviews import OwnerReview
from ownership.replay.models.sweeps import Sweep
from ownership.replay.models.tenures import OwnershipFlag, Tenure

__all__ = [
    "OwnerReview",
    "OwnershipFlag",
    "Sweep",
    "Tenure",
]
