"""The one signal in the house.

A verb that changes a fact sends it inside its transaction, with the ids of the accounts concerned; `ownership`
answers it by replaying those accounts in the same transaction.
"""

from django.dispatch import Signal

# Keywords: account_ids (set[int]), at (datetime), by (Staff | None), and where it matters: staff_ids (people whose
# coming or going changed), run (the import that brought the facts), entry (a new entry of the log is all that changed).
facts_changed = Signal()
