"""The command that prints the demo's sign-in names."""

from typing import Any

from django.core.management.base import BaseCommand

from mikano_cx.demo.logins import logins


class Command(BaseCommand):
    help = "Prints whom to sign in as while the demo stands."

    def handle(self, *args: Any, **options: Any) -> None:
        people = logins()
        if not people:
            self.stdout.write("There are no demo logins.")
            return
        self.stdout.write(f"Demo logins, all with the password {people[0].password}")
        for person in people:
            self.stdout.write(f"  {person.username:<16} {person.role}, {person.division}")
