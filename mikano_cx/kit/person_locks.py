"""Who writes a fact that names a person, and who records that the person left or came back, wait for each other.

Else each would miss what the other is about to commit, and an account would stay with somebody who has gone. Held to
the end of the transaction. Call it before locking accounts, which whoever records a departure locks afterwards. SQLite
has one writer at a time and needs none of this.
"""

import time
from collections.abc import Iterable

from django.db import connection

PEOPLE = 0x6875  # the first of the two numbers of these locks: any other kind takes another


def lock_people(staff_ids: Iterable[int | None]) -> None:
    """Facts that name these people are written in this transaction: nobody leaves or comes back before its end."""
    ids = sorted({pk for pk in staff_ids if pk is not None})
    if ids and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, pk) FROM unnest(%s::int[]) AS pk", [PEOPLE, ids])


def lock_moving_person(staff_id: int) -> None:
    """The person leaves or comes back in this transaction: facts that name them were committed before, or wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [PEOPLE, staff_id])


def let_others_write() -> None:
    """Between two transactions of long work: who waits for SQLite's only pen asks for it every tenth of a second, and
    would be passed over again and again."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(0.12)
