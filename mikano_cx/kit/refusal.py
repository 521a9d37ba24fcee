"""The refusal of an action: a code for programs and a sentence for people."""

from typing import Any


class Refused(Exception):
    """An action refuses what was asked. `message` is a full sentence that a person understands.

    `field` names the input at fault, if there is one; `row` is for callers that read files.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


def still_there(rows: Any, record: Any, *, field: str | None = None) -> Any:
    """The record's row from the queryset `rows`, which may lock it. Refuses `gone` if it was deleted meanwhile."""
    found = rows.filter(pk=record.pk).first()
    if found is None:
        raise gone(record, field=field)
    return found


def gone(record: Any, *, field: str | None = None) -> Refused:
    """The refusal `gone` for a record that was deleted, as by undoing its import."""
    return Refused(
        "gone", f"{record} isn't in the hub any more: the import that brought it in was just undone.", field=field
    )
