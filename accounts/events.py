"""The one signal in the house.

A verb that changes a fact sends it inside its transaction, with the ids of the accounts concerned; `ownership`
answers it by replaying those accounts in the same transaction.
"""

from django.dispatch import Signal

facts_changed = Signal()  # keyword: account_ids (set[int])
