"""A form field that takes an account by its code."""

from typing import Any

from django import forms

from accounts.records.models import Account
from mikano_cx.kit import identifiers


def written_code(text: str | None) -> str:
    """The code in "A001 · Zenith Bank PLC" (`Account.code_and_name`), or a code that stands alone."""
    return identifiers.hub_code((text or "").partition(" · ")[0])


class AccountCodeField(forms.CharField):
    """An account by its code. While somebody types, `accounts:near_accounts` with `lookup` gives the suggestions."""

    looks_up = True

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=240, strip=True, **options)

    def prepare_value(self, value: Any) -> Any:
        return value.code_and_name if isinstance(value, Account) else value

    def clean(self, value: Any) -> Any:
        written = written_code(super().clean(value))
        if not written:
            return None
        account = Account.objects.select_related("division").filter(code=written).first()
        if account is None:
            raise forms.ValidationError(f"No account has the code {written}.", code="unknown_account")
        return account
