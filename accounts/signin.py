"""Signing in by name or e-mail. There is no sign-up: an administrator adds people."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from accounts.models import Staff
from mikano_cx.kit.names import person_key
from mikano_cx.kit.timing import local_date


class StaffBackend(AuthenticationBackend):
    """Allauth's, which also takes the full name where only one person who may sign in has it.

    People who have left don't get in: their sessions end with their last working day.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        written = credentials.get("username") or ""
        if written and not Staff.objects.filter(username__iexact=written).exists():
            namesakes = list(Staff.objects.filter(name_key=person_key(written), is_active=True)[:2])
            if len(namesakes) == 1:
                credentials = {**credentials, "username": namesakes[0].username}
        return super().authenticate(request, **credentials)

    @classmethod
    def _stash_user(cls, user: Any) -> None:
        """Allauth would sign in whoever is kept here, and lead them to a page for the inactive: nobody is kept."""

    def user_can_authenticate(self, user: Any) -> bool:
        return bool(super().user_can_authenticate(user)) and not self._left(user)

    def get_user(self, user_id: Any) -> Any:
        user = Staff.objects.filter(pk=user_id).first()
        if user is None or not self.user_can_authenticate(user):
            return None
        user.load_rights()
        return user

    @staticmethod
    def _left(user: Staff) -> bool:
        from django.utils import timezone

        return user.last_working_day is not None and user.last_working_day < local_date(timezone.now())


class ClosedSignup(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
