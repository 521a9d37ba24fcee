"""The signals of the house, each sent inside the transaction of the verb, and answered in it.

`facts_changed`: a verb changed a fact, with the ids of the accounts concerned; `ownership` replays those accounts.
`codes_given`: somebody has an ERP salesperson code now; the sales that carry it are that person's.
"""

from django.dispatch import Signal

# Keywords: account_ids (set[int]), at (datetime), by (Staff | None), and where it matters: staff_ids (people whose
# coming or going changed), run (the import that brought the facts), entry (a new entry of the log is all that changed)
# with next_at (the account's, read while its row is locked).
facts_changed = Signal()

# Keywords: codes (set[str]), at (datetime), by (Staff | None).
codes_given = Signal()
