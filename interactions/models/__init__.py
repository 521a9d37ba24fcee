from .amendments import Amendment
from .interactions import EARLIEST, Channel, Direction, Interaction, LogIsEvidence, Source
from .kinds import InteractionKind, Kinds, KindVersion

__all__ = [
    "EARLIEST",
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
