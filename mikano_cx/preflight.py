"""The checks that production must pass to start. `settings` refuses missing variables, SQLite and DEBUG before.

`python -m mikano_cx.preflight` prints the problem in one sentence for the scripts in `deploy/`; `mikano_cx.wsgi` checks
again.
"""

import os
import sys

from django.core.exceptions import ImproperlyConfigured


def refuse_unsafe_start() -> None:
    """In production, raise ImproperlyConfigured if the database can't be read or holds demo rows."""
    from django.conf import settings
    from django.db import Error

    from accounts.people.models import Staff
    from accounts.records.models import Account

    if not settings.PRODUCTION:
        return
    try:
        demo = Account.objects.filter(is_demo=True).exists() or Staff.objects.filter(is_demo=True).exists()
    except Error as error:
        raise ImproperlyConfigured(
            f"The database can't be read ({error}): run `python manage.py migrate` first."
        ) from error
    if demo:
        raise ImproperlyConfigured("This database holds demo data: clear it (`python manage.py clear_demo`) first.")


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mikano_cx.settings")
    try:
        import django

        django.setup()
        refuse_unsafe_start()
    except ImproperlyConfigured as error:
        sys.stderr.write(f"The hub doesn't start: {error}\n")
        return 78  # EX_CONFIG
    return 0


if __name__ == "__main__":
    sys.exit(main())
