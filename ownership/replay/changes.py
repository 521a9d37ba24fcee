"""The change that a replay made to an account, as a value that notices and receivers read."""

from dataclasses import dataclass
from datetime import date, datetime

from accounts.records.models import Account
from ownership.engine import rules

OWNER_COLUMNS = ("owner_id", "ownership_state", "owner_basis")
CLOCK_COLUMNS = ("owned_since", "expires_at", "next_at", "last_sale_on")


@dataclass(frozen=True)
class OwnershipColumns:
    """The account's columns that a replay writes."""

    owner_id: int | None
    ownership_state: str
    owner_basis: str
    owned_since: datetime | None
    expires_at: datetime | None
    next_at: datetime | None
    last_sale_on: date | None

    @classmethod
    def of(cls, account: Account) -> "OwnershipColumns":
        return cls(*(getattr(account, name) for name in (*OWNER_COLUMNS, *CLOCK_COLUMNS)))


@dataclass(frozen=True)
class OwnershipChange:
    """An account whose ownership columns changed, or that has new `flags`; `rule` began the current segment."""

    account: Account
    before: OwnershipColumns
    after: OwnershipColumns
    rule: str
    flags: tuple[rules.Flag, ...]
