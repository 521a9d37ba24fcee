"""The signals that lower apps send and higher apps receive, inside the transaction of the action that sends them.

`facts_changed`: facts about some accounts have changed; `ownership` replays these accounts.
`codes_given`: a member of staff has received an ERP salesperson code; the sales that carry it become that person's.
"""

from django.dispatch import Signal

# Keywords: account_ids (set[int]), at (aware datetime), by (Staff | None). Optional keywords: staff_ids (people whose
# departure or return was recorded), run (the import that brought the facts), and, where one new entry of the log is all
# that changed, entry with next_at (the account's, read while its row is locked).
facts_changed = Signal()

# Keywords: codes (set[str]), at (aware datetime), by (Staff | None).
codes_given = Signal()
