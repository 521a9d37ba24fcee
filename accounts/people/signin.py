"""Signing in by name or e-mail, with the hub's own messages. There is no sign-up: administrators and IT add people."""

from datetime import datetime, timedelta
from typing import Any, ClassVar

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.people.models import Staff
from mikano_cx.kit.local_time import LAGOS, local_date
from mikano_cx.kit.names import person_key

# The longest waits that the rate limits in the settings can cause.
AFTER_WRONG_PASSWORDS = timedelta(minutes=5)
AFTER_A_FLOOD = timedelta(minutes=1)


class StaffBackend(AuthenticationBackend):
    """Allauth's backend, which also accepts a full name that only one person who may sign in has.

    People who have left can't sign in, and their sessions end with their last working day.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        written = credentials.get("username") or ""
        if written and not Staff.objects.filter(username__iexact=written).exists():
            working = Staff.objects.working(on=local_date(timezone.now()))
            namesakes = list(working.filter(name_key=person_key(written))[:2])
            if len(namesakes) == 1:
                credentials = {**credentials, "username": namesakes[0].username}
        return super().authenticate(request, **credentials)

    @classmethod
    def _stash_user(cls, user: Any) -> None:
        """Do nothing: allauth would lead a stashed user to its page for inactive accounts."""

    def user_can_authenticate(self, user: Any) -> bool:
        return bool(super().user_can_authenticate(user)) and not self._left(user)

    def get_user(self, user_id: Any) -> Any:
        user = Staff.objects.with_rights(user_id)
        return user if user and self.user_can_authenticate(user) else None

    @staticmethod
    def _left(user: Staff) -> bool:
        return user.last_working_day is not None and user.last_working_day < local_date(timezone.now())


_MISMATCH = "The name or the password is not right. Check both, or set a new password."


class ClosedSignup(DefaultAccountAdapter):
    """An adapter without sign-up, and with the hub's sentences."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _MISMATCH,
        "email_password_mismatch": _MISMATCH,
        "account_inactive": "This person doesn't sign in here. An administrator can change that.",
        "enter_current_password": "That isn't your current password.",
        "incorrect_password": "That isn't your password.",
        "invalid_password_reset": "This link was used already, or it is too old. Ask for a new one.",
        "too_many_login_attempts": "Too many wrong passwords. Try again at %s, or set a new password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        if code == "too_many_login_attempts":
            args = (f"{minute_after(AFTER_WRONG_PASSWORDS):%H:%M}",)
        return super().validation_error(code, *args)  # type: ignore[no-any-return]


class HubErrorMessages:
    """A mixin that gives allauth's password forms the hub's error messages."""

    SAID: ClassVar[dict[str, tuple[str, str]]] = {
        "oldpassword": ("Current password", "Type your current password."),
        "password1": ("New password", "Type the new password."),
        "password2": ("New password again", "Type the new password again."),
        "password": ("Password", "Type your password."),
        "login": ("Name or e-mail", "Type your name or e-mail."),
        "email": ("E-mail", "Type your e-mail address."),
    }
    fields: dict[str, Any]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in self.SAID.keys() & self.fields.keys():
            label, missing = self.SAID[name]
            self.fields[name].label, self.fields[name].widget.attrs["placeholder"] = label, ""
            self.fields[name].error_messages["required"] = missing

    def add_error(self, field: str | None, error: Any) -> None:
        if field == "password2" and not isinstance(error, ValidationError):  # the two passwords differ
            error = "This isn't the same as the new password above."
        super().add_error(field, error)  # type: ignore[misc]


class SignInForm(HubErrorMessages, forms.LoginForm):
    pass


class ChangePasswordForm(HubErrorMessages, forms.ChangePasswordForm):
    pass


class AskForLinkForm(HubErrorMessages, forms.ResetPasswordForm):
    pass


class NewPasswordForm(HubErrorMessages, forms.ResetPasswordKeyForm):
    pass


class ConfirmForm(HubErrorMessages, forms.ReauthenticateForm):
    pass


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """The page for too many requests. It names the minute from which requests are answered again."""
    again = minute_after(AFTER_A_FLOOD)
    answer = render(request, "429.html", {"again": again}, status=429)
    answer["Retry-After"] = str(int(AFTER_A_FLOOD.total_seconds()))
    return answer


def minute_after(wait: timedelta) -> datetime:
    """The first full local minute by which the wait is over."""
    over = timezone.now().astimezone(LAGOS) + wait + timedelta(seconds=59)
    return over.replace(second=0, microsecond=0)
