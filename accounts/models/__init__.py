from .accounts import Account, NearMatchWaiver
from .codes import CodeSeries
from .contacts import Contact
from .divisions import Division, ProductLine, WorkingHours
from .feeds import ErpCustomer, Feed, FeedFreshness, FeedRow, FeedRun
from .jobs import ImportRow, ImportRun, Job
from .movements import Leave, Movement
from .staff import Staff, StaffAlias, StaffRole
from .views import SavedView

__all__ = [
    "Account",
    "CodeSeries",
    "Contact",
    "Division",
    "ErpCustomer",
    "Feed",
    "FeedFreshness",
    "FeedRow",
    "FeedRun",
    "ImportRow",
    "ImportRun",
    "Job",
    "Leave",
    "Movement",
    "NearMatchWaiver",
    "ProductLine",
    "SavedView",
    "Staff",
    "StaffAlias",
    "StaffRole",
    "WorkingHours",
]
