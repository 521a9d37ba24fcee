"""The verbs of ownership. Only these write tenures, flags, notices and the accounts' owner columns."""

from .assigning import assign_accounts, see_flag
from .disputing import (
    close_dispute,
    draft_ruling,
    drop_draft,
    may_judge,
    open_dispute,
    preview_of,
    preview_rulings,
    sign_rulings,
    withdraw_dispute,
)
from .listening import on_facts_changed
from .noticing import read_notices
from .policies import set_policy
from .renewing import renew_fact
from .replaying import affected_by, replay_accounts
from .reviewing import decide_reviews
from .routing import look_where, rotations, route_inquiry
from .supposing import ask_what_if, compare_policies, store_comparison
from .sweeping import audit, catch_up, sweep

__all__ = [
    "affected_by",
    "ask_what_if",
    "assign_accounts",
    "audit",
    "catch_up",
    "close_dispute",
    "compare_policies",
    "decide_reviews",
    "draft_ruling",
    "drop_draft",
    "look_where",
    "may_judge",
    "on_facts_changed",
    "open_dispute",
    "preview_of",
    "preview_rulings",
    "read_notices",
    "renew_fact",
    "replay_accounts",
    "rotations",
    "route_inquiry",
    "see_flag",
    "set_policy",
    "sign_rulings",
    "store_comparison",
    "sweep",
    "withdraw_dispute",
]
