"""Parts of the hub's forms: refusals shown at their fields, native date inputs, and text with suggestions."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.safestring import SafeString

from mikano_cx.kit.html import markup, markup_of_each
from mikano_cx.kit.refusal import Refused

INVALID = 422  # the status of a page that shows a form again because it was refused
T = TypeVar("T")
SELECTED = SafeString(" selected")


def add_refusal(form: forms.BaseForm, refused: Refused) -> None:
    """Show the refusal at the field that it names, or above the form."""
    field = refused.field if refused.field in form.fields else None
    form.add_error(field, ValidationError(refused.message, code=refused.code))


def attempt(form: forms.BaseForm, verb: Callable[..., T], *args: Any, **inputs: Any) -> T | None:
    """Call the action and return its result; on a refusal show it in the form and return None."""
    try:
        return verb(*args, **inputs)
    except Refused as refused:
        add_refusal(form, refused)
        return None


def refused_as(form: forms.BaseForm, code: str) -> bool:
    """Whether the form has a refusal with this code."""
    return any(error.code == code for errors in form.errors.as_data().values() for error in errors)


class DayInput(forms.DateInput):
    """A native date input; browsers without one show text as yyyy-mm-dd."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"placeholder": "yyyy-mm-dd", **(attrs or {})}, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A local day, with plain error messages."""

    widget = DayInput
    default_error_messages = {"required": "Choose a day.", "invalid": "Choose a day of the calendar."}


class QuickSelect(forms.Select):
    """A select rendered without a template for each option, because the list of all staff is long."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        chosen = {str(one) for one in self.format_value(value)}
        options = markup_of_each(
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if str(key) in chosen else "", label) for key, label in self.choices),
        )
        return markup("<select{}>{}</select>", flatatt({**self.build_attrs(self.attrs, attrs), "name": name}), options)


class QuickInput(forms.TextInput):
    """A text input rendered without a template."""

    def __init__(self, attrs: dict[str, Any] | None = None, input_type: str = "text") -> None:
        super().__init__(attrs)
        self.input_type = input_type

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        shown = self.get_context(name, value, attrs)["widget"]
        known = {"type": shown["type"], "name": shown["name"], "value": shown["value"], **shown["attrs"]}
        return markup("<input{}>", flatatt(known))


class SuggestInput(QuickInput):
    """A text input with suggestions (a datalist); `options` is called when the input is rendered."""

    def __init__(self, options: Callable[[], Iterable[str]] = tuple, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})
        self.options = options

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        list_id = f"{(attrs or {}).get('id', name)}_list"
        shown = super().render(name, value, {**(attrs or {}), "list": list_id}, renderer)
        options = markup_of_each('<option value="{}"></option>', ((option,) for option in self.options()))
        return markup('{}<datalist id="{}">{}</datalist>', shown, list_id, options)
