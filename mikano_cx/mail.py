"""The embedded hub's mail: each is a file below `var/mail`, and a line on the terminal says so."""

import sys
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import filebased


class KeptMail(filebased.EmailBackend):
    """The file holds the whole mail, with any link in it."""

    def write_message(self, message: EmailMessage) -> Any:
        super().write_message(message)
        to, where = ", ".join(message.recipients()), self._get_filename()  # type: ignore[attr-defined]
        sys.stdout.write(f"Mail to {to}: {' '.join(message.subject.split())} ({where})\n")
        sys.stdout.flush()
