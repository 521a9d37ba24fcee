"""Fills a PostgreSQL database with a seeded hub: accounts, each with three contacts and ten interactions.

    DATABASE_URL=postgresql://... python bench/generate.py [--accounts 100000]

Rows are written by COPY, with derived columns from the models' `prepare()`. The same number and day give the same rows.
Generated rows have no history, because no measured page reads it.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mikano_cx.kit import word_lists

SEED = 65
BIG = 2_000  # interactions of the first account, fewer in a small database
STAFF = 25
OPEN_ACTIONS = 60  # open actions of each person, a third of them overdue
PASSWORD = "a password of the bench"


def copy(cursor: Any, model: Any, rows: Iterable[dict[str, Any]]) -> int:
    """COPY the rows (dictionaries by column name) into the model's table. Other columns get the field's default."""
    fields = model._meta.concrete_fields
    defaults = {field.column: field.get_default() for field in fields}
    columns = ", ".join(f'"{name}"' for name in defaults)
    count = 0
    with cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as out:
        batch: list[str] = []
        for row in rows:
            batch.append("\t".join([_text(row.get(name, default)) for name, default in defaults.items()]))
            count += 1
            if len(batch) == 2_000:
                out.write("\n".join(batch) + "\n")
                batch.clear()
        out.write("".join(line + "\n" for line in batch))
    return count


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n") if not value.isalnum() else value
    return str(value)


def columns_of(record: Any) -> dict[str, Any]:
    return {field.column: getattr(record, field.attname) for field in record._meta.concrete_fields}


def people() -> list[Any]:
    """The staff who sign in: 22 who log, a head, a P&BI member and a steward, with divisions in turn."""
    from django.contrib.auth.hashers import make_password

    from accounts.people.models import Division, Staff, StaffRole
    from accounts.people.roles import Role

    password, divisions = make_password(PASSWORD), list(Division.objects.all())
    staff = []
    for number in range(STAFF):
        name = f"{word_lists.FIRST[number * 4]} {word_lists.LAST[number * 4]}"
        person = Staff(
            username=f"bench{number}", full_name=name, email=f"bench{number}@bench.example", password=password
        )
        person.save()
        person.divisions.set([divisions[number % len(divisions)]])
        role = {22: Role.HEAD, 23: Role.PBI, 24: Role.STEWARD}.get(number, Role.SALES)
        StaffRole.objects.create(staff=person, role=role)
        staff.append(person)
    return staff


def accounts(draw: random.Random, count: int, now: datetime, staff: list[Any], divisions: list[int]) -> Iterator[Any]:
    from accounts.records.models import Account

    for number in range(1, count + 1):
        name = f"{draw.choice(word_lists.STEMS)} {draw.choice(word_lists.STEMS)} {draw.choice(word_lists.TRADES)}"
        if number % 3 == 0:
            name += f" {draw.choice(word_lists.PLACES)}"
        created = now - timedelta(minutes=draw.randrange(60, 3 * 365 * 1440))
        owned = draw.random() < 0.7
        yield Account(
            id=number,
            code=f"A{number:03d}",
            name=f"{name} {draw.choice(word_lists.FORMS)}".strip(),
            industry=draw.choice(word_lists.INDUSTRIES),
            address=f"{draw.randrange(1, 200)} {draw.choice(word_lists.LAST)} Street, {draw.choice(word_lists.PLACES)}",
            main_phone=_phone(draw),
            erp_customer_id=str(200_000 + number) if draw.random() < 0.8 else None,
            division_id=draw.choice(divisions),
            owner_id=draw.choice(staff).pk if owned else None,
            ownership_state="owned" if owned else "orphan",
            owner_basis="workbook" if owned else "",
            origin="workbook",
            created_at=created,
        ).prepare()


def contacts(draw: random.Random, count: int, now: datetime) -> Iterator[Any]:
    """Three contacts for each account: contact n works at account (n - 1) // 3 + 1."""
    from accounts.records.models import Contact

    for number in range(1, 3 * count + 1):
        first, last = draw.choice(word_lists.FIRST), draw.choice(word_lists.LAST)
        yield Contact(
            id=number,
            code=f"C{number:03d}",
            full_name=f"{first} {last}",
            job_title=draw.choice(word_lists.TITLES),
            email=f"{first}.{last}{number}@bench{(number - 1) // 3 + 1}.example".lower(),
            mobile=_phone(draw),
            account_id=(number - 1) // 3 + 1,
            origin="workbook",
            created_at=now - timedelta(minutes=draw.randrange(60, 3 * 365 * 1440)),
        ).prepare()


def interactions(
    draw: random.Random,
    count: int,
    now: datetime,
    staff: list[Any],
    kinds: list[tuple[int, bool]],
    last: dict[str, dict[int, datetime]],
) -> Iterator[dict[str, Any]]:
    """Ten interactions for each account on average, `BIG` for the first, oldest first. Records last touches in
    `last`."""
    total, big = 10 * count, min(BIG, 2 * count)
    step = timedelta(days=3 * 365) / total
    every = total // big
    channels = ("phone", "whatsapp", "email", "meeting", "site_visit", "walk_in", "web", "other")
    open_from = total - max(total // 20, OPEN_ACTIONS * len(staff))
    chance = OPEN_ACTIONS * len(staff) / (total - open_from)
    for number in range(1, total + 1):
        occurred = now - timedelta(hours=1) - step * (total - number)
        account = 1 if number % every == 0 else 2 + int((count - 1) * draw.random() ** 1.5)
        contact = 3 * (account - 1) + 1 + draw.randrange(3)
        person = staff[draw.randrange(len(staff))].pk
        kind, substantive = kinds[draw.randrange(len(kinds))]
        row = {
            "id": number,
            "code": f"I{number:05d}",
            "occurred_at": occurred,
            "logged_at": occurred + timedelta(minutes=draw.randrange(1, 50)),
            "contact_id": contact,
            "account_id": account,
            "channel": channels[draw.randrange(8)],
            "kind_id": kind,
            "substantive": substantive,
            "direction": "out" if number % 3 else "in",
            "notes": word_lists.NOTES[draw.randrange(len(word_lists.NOTES))],
            "logged_by_id": person,
            "source": "web",
        }
        opened = number > open_from and draw.random() < chance
        if opened or draw.random() < 0.3:
            row["next_action"] = word_lists.ACTIONS[draw.randrange(len(word_lists.ACTIONS))]
            row["due_on"] = _due(draw, now, None if opened else occurred)
            if not opened:
                row |= {"done_at": occurred + timedelta(days=2), "done_by_id": person, "version": 2}
        last["account"][account] = last["contact"][contact] = occurred
        yield row


def _due(draw: random.Random, now: datetime, done_after: datetime | None) -> date:
    return (done_after + timedelta(days=3) if done_after else now + timedelta(days=draw.randrange(-10, 20))).date()


def _phone(draw: random.Random) -> str:
    return f"+234{draw.choice(('803', '805', '806', '807', '813', '703', '708', '902'))}{draw.randrange(10**7):07d}"


def generate(count: int, *, now: datetime, say: Any = print) -> None:
    """Fill the migrated, empty database with rows up to the instant `now`, and analyse the tables.

    Raises SystemExit if the database has rows.
    """
    from django.db import connection, transaction

    from accounts.records.models import Account

    if connection.vendor != "postgresql":
        raise SystemExit("The benchmark's rows go into PostgreSQL: set DATABASE_URL.")
    if Account.objects.exists():
        raise SystemExit("This database holds accounts already; take an empty one.")
    begun = time.monotonic()
    with transaction.atomic():
        fill(count, now=now, say=say)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    say(f"loaded in {time.monotonic() - begun:.0f} s")


def fill(count: int, *, now: datetime, say: Any = print) -> None:
    """Write the rows, inside the caller's transaction."""
    from django.db import connection

    from accounts.people.models import Division
    from accounts.records.models import Account, CodeSeries, Contact
    from interactions.log.models import Interaction, KindVersion

    draw, staff = random.Random(SEED), people()
    divisions = list(Division.objects.values_list("pk", flat=True))
    kinds = [(version.kind_id, version.substantive) for version in KindVersion.objects.in_force(now)]
    last: dict[str, dict[int, datetime]] = {"account": {}, "contact": {}}
    with connection.cursor() as cursor:
        # Interactions first: they give the last touches. Foreign keys are checked when the transaction ends.
        say(f"{copy(cursor, Interaction, interactions(draw, count, now, staff, kinds, last)):,} interactions")
        made = (_set_last_touches(row, last["account"]) for row in accounts(draw, count, now, staff, divisions))
        say(f"{copy(cursor, Account, made):,} accounts")
        made = (_set_last_touches(row, last["contact"]) for row in contacts(draw, count, now))
        say(f"{copy(cursor, Contact, made):,} contacts")
        for model in (Account, Contact, Interaction):
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'),"
                f" (SELECT max(id) FROM {model._meta.db_table}))"
            )
    for prefix, number in (("A", count), ("C", 3 * count), ("I", 10 * count)):
        CodeSeries.objects.update_or_create(prefix=prefix, defaults={"last": number})


def _set_last_touches(record: Any, last: dict[int, datetime]) -> dict[str, Any]:
    return {**columns_of(record), "last_interaction_at": last.get(record.pk)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=100_000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    generate(options.accounts, now=datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0))


if __name__ == "__main__":
    main()
