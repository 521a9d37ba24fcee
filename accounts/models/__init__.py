from .accounts import Account, NearMatchWaiver
from .codes import CodeSeries
from .contacts import Contact
from .divisions import Division, WorkingHours
from .jobs import ImportRow, ImportRun, Job
from .staff import Staff, StaffAlias, StaffRole
from .views import SavedView

__all__ = [
    "Account",
    "CodeSeries",
    "Contact",
    "Division",
    "ImportRow",
    "ImportRun",
    "Job",
    "NearMatchWaiver",
    "SavedView",
    "Staff",
    "StaffAlias",
    "StaffRole",
    "WorkingHours",
]
