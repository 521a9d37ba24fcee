from .amendments import Amendment
from .interactions import Channel, Direction, Interaction, LogIsEvidence, Source
from .kinds import InteractionKind, Kinds, KindVersion

__all__ = [
    "Amendment",
    "Channel",
    "Direction",
    "Interaction",
    "InteractionKind",
    "KindVersion",
    "Kinds",
    "LogIsEvidence",
    "Source",
]
