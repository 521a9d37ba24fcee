from interactions.sales.models.reviews import OnlineReview
from interactions.sales.models.sales import FIRST_DAY, Sale, SaleSource

__all__ = [
    "FIRST_DAY",
    "OnlineReview",
    "Sale",
    "SaleSource",
]
