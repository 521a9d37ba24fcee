from accounts.people.models.divisions import Division, ProductLine, WorkingHours
from accounts.people.models.movements import Leave, Movement
from accounts.people.models.notices import Notice
from accounts.people.models.staff import Staff, StaffAlias, StaffRole

__all__ = [
    "Division",
    "Leave",
    "Movement",
    "Notice",
    "ProductLine",
    "Staff",
    "StaffAlias",
    "StaffRole",
    "WorkingHours",
]
