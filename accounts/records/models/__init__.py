from accounts.records.models.accounts import Account, NearMatchWaiver
from accounts.records.models.codes import CodeSeries
from accounts.records.models.contacts import Contact

__all__ = [
    "Account",
    "CodeSeries",
    "Contact",
    "NearMatchWaiver",
]
