"""The comparison that a form shows after an edit conflict: who saved what meanwhile, and which fields clash."""

from typing import Any

from accounts.records.forms import RecordForm
from mikano_cx.kit import phones


def merge_with_saved(form: RecordForm, record: Any, seen_version: int) -> dict[str, Any]:
    """Compare the valid form with the saved record, and return `clashing`, `taken` and `saved_by` for the page.

    `clashing` rows (name, label, mine, theirs) are fields that both people changed, to different values. `taken` rows
    are fields that only others changed: the form takes their values over, so saving again doesn't undo them. Fields
    changed only in the form stay and aren't listed. A form without a known `seen_version` has clashing rows only.
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
