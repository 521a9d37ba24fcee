from .amendments import Amendment
from .interactions import EARLIEST, Channel, Direction, Interaction, InteractionQuerySet, LogIsEvidence, Source
from .kinds import InteractionKind, Kinds, KindVersion
from .reviews import OnlineReview
from .sales import FIRST_DAY, Sale, SaleSource

__all__ = [
    "EARLIEST",
    "FIRST_DAY",
    "Amendment",
    "Channel",
    "Direction",
    "Interaction",
    "InteractionKind",
    "InteractionQuerySet",
    "KindVersion",
    "Kinds",
    "LogIsEvidence",
    "OnlineReview",
    "Sale",
    "SaleSource",
    "Source",
]
