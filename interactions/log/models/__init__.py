from interactions.log.models.amendments import Amendment
from interactions.log.models.interactions import (
    EARLIEST,
    Channel,
    Direction,
    Interaction,
    InteractionQuerySet,
    LogIsEvidence,
    Source,
)
from interactions.log.models.kinds import InteractionKind, Kinds, KindVersion

__all__ = [
    "EARLIEST",
    "Amendment",
    "Channel",
    "Direction",
    "Interaction",
    "InteractionKind",
    "InteractionQuerySet",
    "KindVersion",
    "Kinds",
    "LogIsEvidence",
    "Source",
]
