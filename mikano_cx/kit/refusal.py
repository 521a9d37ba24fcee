"""How a verb says no: with a code for programs and a sentence for people."""


class Refused(Exception):
    """A verb will not do what was asked. `message` is a full sentence a person understands.

    `field` names the input at fault, if there is one; `row` is free for callers that read files.
    """

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
