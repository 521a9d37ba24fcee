"""The command that removes the demo."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from mikano_cx.demo.removal import clear

SHOWN = 10


class Command(BaseCommand):
    help = "Removes the demo. Real rows stay, and so does, unmarked, every demo row that a real row needs."

    def handle(self, *args: Any, **options: Any) -> None:
        gone, kept = clear(at=timezone.now())
        if not any(gone.values()) and not kept:
            self.stdout.write("There is no demo data.")
            return
        self.stdout.write("Removed: " + ", ".join(f"{noun} {count:,}" for noun, count in gone.items()) + ".")
        for noun, names in kept.items():
            more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
            self.stdout.write(f"Kept {len(names):,} {noun} that real rows need: {', '.join(names[:SHOWN])}{more}.")
        if "staff" in kept:
            self.stdout.write("The people kept can't sign in any more.")
