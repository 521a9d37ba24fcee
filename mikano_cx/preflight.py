"""What production must not start with. `settings` has refused already for missing variables and DEBUG."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from accounts.models import Account, Staff


def refuse_unsafe_start() -> None:
    """Raise ImproperlyConfigured, in production, while the database can't be read or holds demo rows."""
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
