"""The mail backend of the embedded hub: each mail is a file below `var/mail`, and a line in the terminal names it."""

import sys
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import filebased


class KeptMail(filebased.EmailBackend):
    """A backend that keeps the whole mail, with any link in it, in a file."""

    def write_message(self, message: EmailMessage) -> Any:
        super().write_message(message)
        to, where = ", ".join(message.recipients()), self._get_filename()  # type: ignore[attr-defined]
        sys.stdout.write(f"Mail to {to}: {' '.join(message.subject.split())} ({where})\n")
        sys.stdout.flush()
