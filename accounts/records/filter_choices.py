"""Short lists of choices for forms and filters, and filtering by a choice. No list grows with the accounts."""

from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet

from accounts.people.models import Division, Staff
from accounts.records.models import Account
from mikano_cx.kit.prepared_queries import Composed

INDUSTRIES_FOR = 300  # seconds for which suggestions are cached
ME, NOBODY, NONE = "me", "nobody", "none"
YES_NO = [("yes", "Yes"), ("no", "No")]

_divisions = Composed(lambda: Division.objects.only("slug", "name"))
_people = Composed(lambda: Staff.objects.only("username", "full_name"))


def industries() -> list[str]:
    """The industries in use, as suggestions, read from the database at most every five minutes."""
    suggestions: list[str] | None = cache.get("industries")
    if suggestions is None:
        used = Account.objects.exclude(industry="").order_by("industry").values_list("industry", flat=True).distinct()
        suggestions = list(used[:200])
        cache.set("industries", suggestions, INDUSTRIES_FOR)
    return suggestions


def division_choices() -> list[tuple[str, str]]:
    return [*((division.slug, division.name) for division in _divisions.of()), (NONE, "No division")]


def person_choices() -> list[tuple[str, str]]:
    """The choices me, nobody, and everybody who works or worked here, by sign-in name."""
    return [(ME, "Me"), (NOBODY, "Nobody"), *((person.username, person.full_name) for person in _people.of())]


def of_division(rows: QuerySet[Any], path: str, chosen: str) -> QuerySet[Any]:
    """The rows whose division (at the lookup `path`) is the chosen value of `division_choices()`."""
    return rows.filter(**{path: None} if chosen == NONE else {f"{path}__slug": chosen})


def of_person(rows: QuerySet[Any], path: str, chosen: str, me: Staff) -> QuerySet[Any]:
    """The rows whose person (at the lookup `path`) is the chosen value of `person_choices()`."""
    if chosen in (ME, NOBODY):
        return rows.filter(**{path: me if chosen == ME else None})
    return rows.filter(**{f"{path}__username": chosen})
