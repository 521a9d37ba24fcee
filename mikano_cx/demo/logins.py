"""The demo people whom a visitor may sign in as. Production has none, as it doesn't start with demo rows."""

from typing import NamedTuple

from django.conf import settings

from accounts.people.models import Staff
from accounts.people.roles import ROLE_LABELS, Role
from mikano_cx.demo import PASSWORD
from mikano_cx.demo.cast import LOGINS


class Login(NamedTuple):
    name: str
    username: str
    role: str
    division: str
    password: str


def logins() -> list[Login]:
    """Demo people of every role who can sign in. Three queries if the demo is loaded, else one."""
    if settings.PRODUCTION:
        return []
    people = Staff.objects.filter(is_demo=True, is_active=True, full_name__in=LOGINS)
    shown = sorted(people.prefetch_related("roles", "divisions"), key=lambda person: LOGINS.index(person.full_name))
    return [_login(person) for person in shown]


def _login(person: Staff) -> Login:
    divisions = [division.name for division in person.divisions.all()]
    where = divisions[0] if len(divisions) == 1 else "All divisions"
    roles = ", ".join(ROLE_LABELS[role] for role in Role if role in person.role_set)
    return Login(person.full_name, person.username, roles, where, PASSWORD)
