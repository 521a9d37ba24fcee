"""What a form shows after a conflict: who saved what meanwhile, and what is left to decide."""

from typing import Any

from accounts.records.forms import RecordForm
from mikano_cx.kit import phones


def merge_with_saved(form: RecordForm, record: Any, seen_version: int) -> dict[str, Any]:
    """The valid form against the record as it is now: `clashing`, `taken` and `saved_by`, for the page.

    `clashing` rows (name, label, mine, theirs) were changed by both, otherwise. `taken` ones were changed by the others
    alone: the form has theirs from here on, so that saving again takes back nothing that nobody here touched. What was
    changed here alone stays in the form, and there is nothing to say of it. A form that doesn't know which version it
    showed has clashing rows only.
    """
    seen = record.history.filter(version=seen_version).first()
    fresh = type(form)(None, staff=form.staff, record=record)
    data: dict[str, Any] = {**form.data.dict(), "version": record.version}  # type: ignore[attr-defined]
    clashing: list[dict[str, str]] = []
    taken: list[dict[str, str]] = []
    for name in form.own_fields:
        mine, theirs = (
            _plain_text(form, name, value) for value in (form.cleaned_data.get(name), getattr(record, name))
        )
        before = None if seen is None else _plain_text(form, name, getattr(seen, name))
        if theirs in (mine, before):
            continue
        row = {"name": name, "label": str(form[name].label), "mine": mine, "theirs": theirs}
        (taken if mine == before else clashing).append(row)
        if mine == before:
            data[name] = fresh[name].value()
    form.data = data
    saved_by = record.history.select_related("history_user").first()
    return {"clashing": clashing, "taken": taken, "saved_by": saved_by}


def _plain_text(form: RecordForm, name: str, value: Any) -> str:
    if name in form.phones:
        return phones.phone_text(phones.e164_or_typed(value or ""))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value or "").replace("\r\n", "\n").strip()
