"""Every address of the hub, from the URLconf."""

from collections.abc import Iterator

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver


def names(resolver: URLResolver | None = None, space: str = "") -> Iterator[str]:
    """The names of all patterns: "accounts:account_list", "admin:accounts_staff_add"; an unnamed one by its route."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            yield space + (pattern.name or f"<{pattern.pattern}>")
        else:
            yield from names(pattern, f"{space}{pattern.namespace}:" if pattern.namespace else space)


def models() -> list:
    return sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
