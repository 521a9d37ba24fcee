"""Preparing the embedded hub before it starts: migrate, and load the demo once, in one start of Django."""

import io
import os
import sys
from pathlib import Path

import django

NO_DEMO = "No demo data (./start --fresh makes a new hub with it). First administrator: see README.md.\n"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command, get_commands

    call_command("migrate", interactive=False, verbosity=0)
    greeting = Path(settings.VAR_DIR) / "demo"
    if greeting.exists():
        return
    if "--no-demo" in sys.argv or _has_rows() or "load_demo" not in get_commands():
        greeting.write_text(NO_DEMO)
        return
    sys.stdout.write("Loading the demo data ...\n")
    sys.stdout.flush()
    call_command("load_demo", verbosity=0)
    logins = io.StringIO()
    if "demo_logins" in get_commands():
        call_command("demo_logins", stdout=logins)
    greeting.write_text(logins.getvalue())


def _has_rows() -> bool:
    """Whether the hub holds any records; a hub in use never gets demo rows."""
    from accounts.records.models import Account

    return Account.objects.exists()


if __name__ == "__main__":
    main()
