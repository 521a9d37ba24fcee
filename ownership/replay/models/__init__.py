"""The models that the replay writes: time lines, their flags, owner reviews, and sweeps."""

from ownership.replay.models.reviews import OwnerReview
from ownership.replay.models.sweeps import Sweep
from ownership.replay.models.tenures import OwnershipFlag, Tenure

__all__ = [
    "OwnerReview",
    "OwnershipFlag",
    "Sweep",
    "Tenure",
]
