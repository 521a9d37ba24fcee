"""Advisory locks that serialise writes about a person against that person's departure or return.

Without them each transaction would miss what the other is about to commit, and an account could stay with somebody who
has left. A lock is held until the transaction ends. Take it before locking accounts, because recording a departure
locks accounts after the person. SQLite has one writer at a time and needs no such lock.
"""

import time
from collections.abc import Iterable

from django.db import connection

PEOPLE = 0x6875  # the first key of these two-key locks; another kind of lock needs another


def lock_people(staff_ids: Iterable[int | None]) -> None:
    """Keep these people from leaving or returning until this transaction, which writes facts that name them, ends."""
    ids = sorted({pk for pk in staff_ids if pk is not None})
    if ids and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, pk) FROM unnest(%s::int[]) AS pk", [PEOPLE, ids])


def lock_moving_person(staff_id: int) -> None:
    """Wait for transactions that write facts naming the person, and hold new ones back until this transaction ends."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PEOPLE, staff_id])


def let_others_write() -> None:
    """Pause between two transactions of long work, so that other writers get their turn on SQLite.

    A waiting writer retries only every tenth of a second, and would otherwise miss the gap again and again.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(0.12)
