"""The admin of accounts: staff and divisions, accounts and contacts, and what runs behind them."""

from . import machinery, people, records

__all__ = ["machinery", "people", "records"]
