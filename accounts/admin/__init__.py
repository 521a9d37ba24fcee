"""The admin of accounts: staff and divisions, accounts and contacts, and what runs behind them."""

from . import feeds, machinery, people, records

__all__ = ["feeds", "machinery", "people", "records"]
