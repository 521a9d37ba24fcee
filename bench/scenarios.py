"""The measured pages of the hub, each with the floor's page that does the least of the same kind."""

import random
import string
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from bench.load import Ask

CSRF = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=32))
LISTS = (
    "division=motors",
    "owner=me&sort=-last_touch",
    "q=haulage",
    "division=power&state=orphan",
    "industry=Banking&untouched=60",
    "q=royal+hotels&division=medical",
    "owner=nobody&division=gras&sort=last_touch",
    "q=lagos+motors&sort=industry",
)


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    ask: Callable[[int], Ask]
    twin: str  # the floor's page to compare with; empty for the floor's own pages


@dataclass(frozen=True)
class BenchSample:
    """A sample of the database's rows to request."""

    accounts: list[Any]
    contacts: list[Any]
    big: str

    @classmethod
    def draw(cls) -> "BenchSample":
        from accounts.records.models import Account, Contact

        draw = random.Random(11)
        count = Account.objects.latest("pk").pk
        ids = draw.sample(range(2, count + 1), min(200, count - 1))
        accounts, contacts = Account.objects.in_bulk(ids), Contact.objects.in_bulk([3 * pk for pk in ids])
        return cls([accounts[pk] for pk in ids], [contacts[3 * pk] for pk in ids], Account.objects.get(pk=1).code)


def terms(sample: BenchSample) -> list[str]:
    """Search terms as people type them: names and parts of names, numbers, e-mails, codes, ERP IDs, and typing
    errors."""
    draw, found = random.Random(13), []
    for account, contact in zip(sample.accounts, sample.contacts, strict=True):
        words = account.name.split()
        national = f"0{contact.mobile[4:]}"
        found += [
            account.name,
            " ".join(words[:2]).lower(),
            f"{words[0][:4]} {words[-2]}".lower(),
            contact.full_name,
            f"{contact.full_name.split()[0][:4]} {contact.full_name.split()[-1]}".lower(),
            f"{national[:4]} {national[4:7]} {national[7:]}",
            national[1:8],
            contact.email,
            account.code.lower(),
            account.erp_customer_id or account.code,
            _slip(draw, " ".join(words[:2])),
            _slip(draw, contact.full_name),
        ]
    return found


def _slip(draw: random.Random, text: str) -> str:
    """The text with two neighbouring letters of its first word swapped."""
    spot = draw.randrange(1, max(2, len(text.split()[0]) - 2))
    return text[:spot] + text[spot + 1] + text[spot] + text[spot + 2 :]


def hub_scenarios(sessions: list[str], sample: BenchSample) -> list[Scenario]:
    typed = terms(sample)

    def who(number: int) -> str:
        return sessions[number % len(sessions)]

    def get(path: str) -> Callable[[int], Ask]:
        return lambda number: Ask(path, who(number))

    def save(number: int) -> Ask:
        form = {
            "key": uuid.uuid4().hex,
            "picked": f"c:{sample.contacts[number % len(sample.contacts)].code}",
            "channel": "phone",
            "notes": f"Called about the quote, number {number}.",
        }
        return Ask("/interactions/log/", who(number), form, CSRF, expect=302)

    def filtered(number: int) -> Ask:
        return Ask(f"/accounts/?{LISTS[number % len(LISTS)]}", who(number))

    def ordinary(number: int) -> Ask:
        return Ask(f"/accounts/{sample.accounts[number % len(sample.accounts)].code}/", who(number))

    return [
        Scenario("account_list", "Account list", get("/accounts/"), "floor_list"),
        Scenario("filtered_list", "Account list, filtered", filtered, "floor_list"),
        Scenario(
            "search",
            "Global search",
            lambda number: Ask(f"/search/?q={quote(typed[number % len(typed)])}", who(number)),
            "floor_list",
        ),
        Scenario("big_account", "Account, 2,000 interactions", get(f"/accounts/{sample.big}/"), "floor_account"),
        Scenario("account", "Account, about ten interactions", ordinary, "floor_account"),
        Scenario("save", "Saving an interaction", save, "floor_post"),
        Scenario("my_day", "My day", get("/"), "floor_list"),
    ]


def of_floor(sessions: list[str], sample: BenchSample) -> list[Scenario]:
    def save(number: int) -> Ask:
        form = {"account": str(sample.accounts[number % len(sample.accounts)].pk), "notes": f"Called, number {number}."}
        return Ask("/save/", sessions[number % len(sessions)], form, CSRF, expect=302)

    def get(path: str) -> Callable[[int], Ask]:
        return lambda number: Ask(path, sessions[number % len(sessions)])

    return [
        Scenario("floor_list", "Floor: a list of 25 rows", get("/accounts/"), ""),
        Scenario("floor_account", "Floor: an account and its latest 20", get(f"/accounts/{sample.big}/"), ""),
        Scenario("floor_post", "Floor: a bare POST", save, ""),
    ]
