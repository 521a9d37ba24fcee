"""Roles and what each may do: one pure table for pages, the admin and actions.

Everybody who can sign in sees every account, because creating starts with a search. Writing depends on role and
division. `docs/roles.md` says it in words.
"""

from enum import StrEnum


class Role(StrEnum):
    SALES = "sales"
    HEAD = "head"
    STEWARD = "steward"
    PBI = "pbi"
    IT = "it"
    MANAGEMENT = "management"


ROLE_LABELS = {
    Role.SALES: "Sales and service",
    Role.HEAD: "Division head",
    Role.STEWARD: "Data steward",
    Role.PBI: "Product & BI team",
    Role.IT: "IT",
    Role.MANAGEMENT: "Management (read only)",
}

EVERYONE = frozenset(Role)
LOGGING = frozenset({Role.SALES, Role.HEAD, Role.STEWARD, Role.PBI})  # may log interactions, with any account
EDITING = LOGGING  # may edit accounts and contacts of their divisions
ALL_DIVISIONS = frozenset({Role.PBI})  # may write in every division
IMPORTING = frozenset({Role.STEWARD, Role.PBI})
FEEDING = frozenset({Role.IT, Role.STEWARD, Role.PBI})  # see the ERP's runs; approve, discard or undo one
ARRANGING_FEEDS = frozenset({Role.IT})  # set feeds up, upload their files, say whose an ERP salesperson code is
VALIDATING = IMPORTING  # accept, correct or match the ERP's new customers: stewards of their divisions
RECORDING_SALES = IMPORTING  # record sales; the command line needs no role
VOIDING = frozenset({Role.STEWARD, Role.PBI})
DEFINING = frozenset({Role.PBI})  # versioned lists, policies, definitions
STAFFING = frozenset({Role.IT})  # add people, set their roles and divisions; never their own
ARRANGING = frozenset({Role.IT, Role.PBI})  # divisions: head, steward, working hours, go-live date, product lines
SELLING = frozenset({Role.SALES, Role.HEAD})  # whose entries claim an orphan, who may hold accounts
HEADING = frozenset({Role.HEAD})  # assign accounts, rule on disputes, decide reviews: of their divisions
LEAVING = frozenset({Role.IT, Role.HEAD})  # record that somebody leaves
ADMIN_SITE = frozenset({Role.STEWARD, Role.PBI, Role.IT})

# Django permission prefixes ("app.action_model") by role, for the admin. "*" stands for any remaining text.
_VIEW_RECORDS = ("accounts.view_*", "interactions.view_*", "ownership.view_*", "kpis.view_*")
_JOBS = ("django_celery_beat.*", "django_celery_results.view_*", "accounts.view_job")
_PRODUCT_LINES = ("accounts.add_productline", "accounts.change_productline")
ADMIN_PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.STEWARD: (
        *_VIEW_RECORDS,
        "accounts.add_account",
        "accounts.change_account",
        "accounts.add_contact",
        "accounts.change_contact",
        "interactions.add_sale",
    ),
    Role.PBI: (
        *_VIEW_RECORDS,
        "accounts.add_account",
        "accounts.change_account",
        "accounts.add_contact",
        "accounts.change_contact",
        "accounts.change_division",
        *_PRODUCT_LINES,
        "interactions.add_kindversion",
        "interactions.add_sale",
        "ownership.add_policy",
        "kpis.add_definition",
    ),
    Role.IT: (
        *_VIEW_RECORDS,
        *_JOBS,
        "accounts.add_feed",
        "accounts.change_feed",
        "accounts.add_staff",
        "accounts.change_staff",
        "accounts.change_division",
        *_PRODUCT_LINES,
    ),
}


def allows(roles: frozenset[Role], permission: str) -> bool:
    """Whether any of the roles grants the Django permission "app.action_model"."""
    for role in roles:
        for pattern in ADMIN_PERMISSIONS.get(role, ()):
            if permission == pattern or (pattern.endswith("*") and permission.startswith(pattern[:-1])):
                return True
    return False
