"""The command that counts accounts by state as of an instant, by the facts as recorded now. It only reads."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.records.models import Account
from accounts.records.models.accounts import OwnershipState
from mikano_cx.kit.chunks import chunks
from ownership.engine.log_parser import read_instant
from ownership.engine.rules import replay
from ownership.facts.models import Policy
from ownership.facts.queries import facts_of, policy_in_force
from ownership.replay.actions.replay import holder_and_state


class Command(BaseCommand):
    help = "Count the accounts by state as of an instant, replaying what the hub knows. Nothing is written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", metavar="INSTANT", help="With offset; default: now.")
        parser.add_argument("--codes", metavar="BEGINNING", default="", help="Only accounts whose codes begin so.")

    def handle(self, *args: Any, as_of: str | None, codes: str, **options: Any) -> None:
        try:
            at = read_instant(as_of) if as_of else timezone.now()
            _, policy = policy_in_force(at)
        except (ValueError, Policy.DoesNotExist) as error:
            raise CommandError(f"--as-of: {str(error).rstrip('.')}.", returncode=2) from None
        counts: Counter[str] = Counter()
        ids = Account.objects.filter(code__startswith=codes).order_by("pk").values_list("pk", flat=True)
        for chunk in chunks(ids.iterator(chunk_size=1000)):
            counts.update(holder_and_state(replay(facts, policy, at))[1] for facts in facts_of(chunk).values())
        states = ", ".join(f"{counts[state.value]:,} {state.label.lower()}" for state in OwnershipState)
        self.stdout.write(f"{counts.total():,} accounts: {states}.")
