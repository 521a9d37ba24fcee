"""The context of every hub page's frame. It costs no query."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts.imports.feeds.freshness import stale
from accounts.people.roles import ARRANGING_FEEDS, DEFINING, FEEDING, IMPORTING, LEAVING, LOGGING, SELLING, Role


def hub(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    if not user.is_authenticated:
        return {}
    return {
        "may_log": user.has_role(LOGGING),
        "may_import": user.has_role(IMPORTING),
        "may_feed": user.has_role(FEEDING),
        "may_arrange_feeds": user.has_role(ARRANGING_FEEDS),
        "stale": stale(getattr(user, "first_late", None), timezone.now()),  # fetched with the person, like the notices
        "may_claim": user.has_role(SELLING),
        "may_record_leaving": user.has_role(LEAVING),
        "may_define": user.has_role(DEFINING),
        "may_admin": user.is_staff,
        "unread_notices": getattr(user, "unread_notices", 0),  # fetched with the person
        "is_management": user.has_role({Role.MANAGEMENT}),
    }
