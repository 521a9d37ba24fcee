"""How a verb says no: with a code for programs and a sentence for people."""

from typing import Any


class Refused(Exception):
    """A verb will not do what was asked. `message` is a full sentence a person understands.

    `field` names the input at fault, if there is one; `row` is free for callers that read files.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


def still_there(rows: Any, record: Any, *, field: str | None = None) -> Any:
    """The record's row out of `rows` (which may lock it). Refuses `gone`: an import that was undone meanwhile had
    brought it in."""
    found = rows.filter(pk=record.pk).first()
    if found is None:
        raise gone(record, field=field)
    return found


def gone(record: Any, *, field: str | None = None) -> Refused:
    return Refused(
        "gone", f"{record} isn't in the hub any more: the import that brought it in was just undone.", field=field
    )
