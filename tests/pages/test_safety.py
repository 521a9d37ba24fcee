"""What a hostile hand or an inattentive page could do, over every address of the matrix."""

import json
import logging
import os
import re
import subprocess
import sys
import zipfile
from html import escape, unescape
from html.parser import HTMLParser
from io import BytesIO, StringIO
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.records.models import Account, Contact
from interactions.log.models import Interaction
from tests.pages.conftest import SECRET, everything, kwargs_of
from tests.pages.test_page_matrix import ADMIN, FILES, ONLY_POST, PAGES, admin_names

MARKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "'-alert(3)-'",
    "javascript:alert(4)",
    "{{ 7*7 }}</textarea><svg onload=alert(5)>",
)
SIGN_IN = [name for name in PAGES if name.startswith("account_")]
READ = [name for name, page in PAGES.items() if page.read != ONLY_POST]


class Page(HTMLParser):
    """What the policy would refuse, or should never be in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self._script = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.faults.append("an inline script")
        if tag == "style":
            self.faults.append("an inline style sheet")
        for name, value in given.items():
            if name.startswith("on") or name == "style":
                self.faults.append(f"{tag} {name}={value}")
            if name in ("href", "src", "action", "formaction") and (value or "").strip().lower().startswith(
                ("javascript:", "data:text", "vbscript:")
            ):
                self.faults.append(f"{tag} {name}={value}")
            if name in ("href", "src") and tag in ("script", "link", "img") and re.match(r"(https?:)?//", value or ""):
                self.faults.append(f"{tag} from elsewhere: {value}")


@pytest.fixture
def urls(world):
    """Every address that answers a GET: the hub's, and the admin's for one record of each model."""
    hub = {}
    for name in READ:
        hub[name] = reverse(name, kwargs=kwargs_of(world, PAGES[name].at)) + PAGES[name].query
    site = {"admin:index": reverse("admin:index")}
    for label in ADMIN:
        record = apps.get_model(label)._base_manager.order_by("pk").first()
        for name in admin_names(label):
            page = name.rsplit("_", 1)[1]
            if not name.endswith("process_import"):
                site[name] = reverse(name, args=[record.pk] if page in ("change", "history", "delete") else [])
    return {"hub": hub, "admin": site}


@pytest.fixture
def poisoned(world):
    """Names, notes and the like that would do harm in a page that trusts them."""
    Account.objects.filter(pk=world.account.pk).update(
        name=MARKS[0], industry=MARKS[1], address=MARKS[2], main_phone=MARKS[3], note=MARKS[4]
    )
    Contact.objects.filter(pk=world.contact.pk).update(
        full_name=MARKS[1], job_title=MARKS[0], email="javascript:alert(4)@x.ng", mobile=MARKS[3], note=MARKS[4]
    )
    Interaction.objects.filter(pk=world.entry.pk).update(next_action=MARKS[0] + MARKS[1])
    for who in ("sales", "head"):
        person = world.people[who]
        person.full_name = MARKS[1]
        person.save()
    world.view.name = MARKS[0]
    world.view.save()
    return world


def read(answer) -> bytes:
    """The whole body; of a workbook, its parts unpacked."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if body[:2] == b"PK":
        parts = zipfile.ZipFile(BytesIO(body))
        return b"".join(parts.read(name) for name in parts.namelist())
    return body


def pages(client, addresses):
    for name, url in addresses.items():
        answer = client.get(url)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            yield name, answer, answer.content.decode()


@pytest.mark.once
def test_every_page_sends_the_strict_policy(urls, client_for):
    client = client_for("administrator")
    seen = 0
    for name, answer, _ in pages(client, {**urls["hub"], **urls["admin"]}):
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["script-src"] == "'self'" and policy["object-src"] == "'none'", name
        assert policy["default-src"] == "'self'" and policy["form-action"] == "'self'", name
        assert policy["frame-ancestors"] == "'none'" and policy["base-uri"] == "'none'", name
        assert ("unsafe" in policy["style-src"]) is name.startswith("admin:"), name
        assert answer.headers["X-Frame-Options"] == "DENY", name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        seen += 1
    assert seen > 100


@pytest.mark.once
@pytest.mark.parametrize("status", [403, 404, 400])
def test_refusals_send_the_policy_too(status, client_for):
    client = client_for("sales")
    url = {403: "/interactions/I00001/void/", 404: "/no/such/page/", 400: "/"}[status]
    answer = client.get(url, **({"HTTP_HOST": "evil.example"} if status == 400 else {}))
    assert answer.status_code == status
    if status != 400:
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert Page(answer.content.decode()).faults == []


@pytest.mark.once
def test_no_page_of_the_hub_has_inline_code(urls, client_for):
    for role in ("anonymous", "sales", "administrator"):
        for name, _, body in pages(client_for(role), urls["hub"]):
            assert Page(body).faults == [], (role, name)


@pytest.mark.once
def test_no_page_of_the_admin_has_an_inline_script(urls, client_for):
    for name, _, body in pages(client_for("administrator"), urls["admin"]):
        faults = [fault for fault in Page(body).faults if "style" not in fault]
        assert faults == [], name


@pytest.mark.once
def test_poisoned_names_and_notes_stay_text(poisoned, urls, client_for):
    for role in ("sales", "administrator"):
        for name, _, body in pages(client_for(role), {**urls["hub"], **urls["admin"]}):
            faults = [fault for fault in Page(body).faults if "style" not in fault or not name.startswith("admin:")]
            assert faults == [], (role, name)
            for mark in (MARKS[0], MARKS[1], "<svg onload"):
                assert mark not in body, (role, name)


@pytest.mark.once
@pytest.mark.parametrize("mark", MARKS)
def test_poisoned_addresses_stay_text(mark, world, client_for):
    client = client_for("administrator")
    for url in ("/search/", "/accounts/", "/contacts/", "/interactions/", "/accounts/new/", "/interactions/who/", "/"):
        answer = client.get(url, {"q": mark, "name": mark, "sort": mark, "page": mark, "next": mark, "who": mark})
        assert answer.status_code in (200, 302, 404, 422), url
        if answer.status_code == 200:
            body = answer.content.decode()
            assert Page(body).faults == [], url  # among them, an address that is a script
            assert mark not in body or mark == escape(mark), url
            assert url != "/search/" or mark in unescape(body), "the page says what was searched for"


def test_confidential_notes_reach_no_outsider(urls, client_for):
    told = [name for name, _, body in pages(client_for("steward"), {**urls["hub"], **urls["admin"]}) if SECRET in body]
    assert len(told) >= 4, told  # the division's own people do read them
    assert SECRET.encode() in read(client_for("steward").get(urls["hub"]["workbook:export"]))
    for role in ("other", "it", "management", "administrator"):
        client = client_for(role)
        for name, url in {**urls["hub"], **urls["admin"]}.items():
            assert SECRET.encode() not in read(client.get(url)), (role, name)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("table", ["interactions", "accounts", "contacts"])
def test_confidential_notes_reach_no_outsider_by_an_export(kind, table, world, client_for):
    for role, may in (("other", False), ("management", False), ("head", True)):
        answer = client_for(role).get(f"/{table}/", {"_export": kind, "columns": "notes"})
        assert answer.status_code == 200
        body = read(answer)
        assert kind == "csv" or b"worksheet" in body, role
        if may:
            assert (SECRET.encode() in body) is (table == "interactions"), role
        else:
            assert SECRET.encode() not in body, role


def test_searching_and_filtering_doesn_t_tell_of_confidential_notes(world, client_for):
    """A filter that matches what may not be read would answer questions about it."""
    client = client_for("other")
    for query in ("Xylophone", "Xylophone-4711"):
        for name in ("q", "search", "query", "notes", "notes__icontains"):
            with_it = client.get("/interactions/", {name: query}).content.decode().replace(query, "")
            without = client.get("/interactions/", {name: "Qwertyzz-0815"[: len(query)]}).content.decode()
            assert ("I00001" in with_it) == ("I00001" in without), name


def fields_of(model, deeper: bool = True) -> set[str]:
    """The model's fields and those a relation further, either way: "notes", "by__password", "amendments__text"."""
    found = set()
    for one in model._meta.get_fields():
        found.add(one.name)
        if deeper and one.is_relation and one.related_model:
            found |= {f"{one.name}__{rest}" for rest in fields_of(one.related_model, deeper=False)}
    return found


@pytest.mark.parametrize("label", ADMIN)
def test_a_list_of_the_admin_answers_no_question_about_what_it_doesn_t_filter_by(label, client_for):
    """A lookup in the address would tell a password's hash or a confidential note, a letter at a time."""
    client, model = client_for("administrator"), apps.get_model(label)
    at = f"admin:{label.replace('.', '_')}_"
    asked = [(f"{at}changelist", f"{field}__startswith") for field in sorted(fields_of(model))]
    ways = ("", "__icontains", "__regex", "__gt", "__in", "__isnull", "__exact")
    telling = ("password", "notes", "text", "values", "by__password", "staff__password", "interaction__notes")
    pages = [f"{at}changelist", *([f"{at}export"] if label in FILES else [])]
    asked += [(page, field + way) for page in pages for field in telling for way in ways]
    for page, lookup in asked:
        assert client.get(reverse(page), {lookup: "1"}).status_code == 400, (page, lookup)


@pytest.mark.parametrize("label", ADMIN)
def test_the_filters_of_the_admin_s_lists_still_work(label, client_for):
    client, url = client_for("administrator"), reverse(f"admin:{label.replace('.', '_')}_changelist")
    links = set(re.findall(r'href="(\?[a-z_]+=[^"]*)"', client.get(url).content.decode().replace("&amp;", "&")))
    for link in links:
        assert client.get(url + link).status_code == 200, link
    assert links or not admin.site.get_model_admin(apps.get_model(label)).list_filter


@pytest.mark.once
def test_no_page_of_the_admin_shows_a_password_s_hash(urls, world, client_for):
    hashes = [person.password.encode() for person in world.people.values() if person]
    client = client_for("administrator")
    funke = world.people["sales"]
    for page in ("change", "history"):
        urls["admin"][f"funke's {page}"] = reverse(f"admin:accounts_staff_{page}", args=[funke.pk])
    for name, url in urls["admin"].items():
        body = read(client.get(url))
        assert not any(one in body or one.split(b"$")[-1] in body for one in hashes), name
        assert b'name="password' not in body or "password_change" in name, name


WRITING = [*(name for name, page in PAGES.items() if page.write)]


@pytest.mark.once
@pytest.mark.parametrize("name", WRITING)
def test_a_post_without_the_token_is_refused(name, world, client_for):
    page = PAGES[name]
    at = kwargs_of(world, page.at)
    client, before = client_for("administrator", enforce_csrf_checks=True), everything()
    assert client.post(reverse(name, kwargs=at), page.data).status_code == 403
    assert everything() == before


@pytest.mark.once
@pytest.mark.parametrize("label", sorted(FILES | {"accounts.staff", "interactions.interaction", "ownership.policy"}))
def test_a_post_to_the_admin_without_the_token_is_refused(label, client_for):
    client, before = client_for("administrator", enforce_csrf_checks=True), everything()
    for page in ("add", "changelist"):
        url = reverse(f"admin:{label.replace('.', '_')}_{page}")
        assert client.post(url, {"action": "void", "name": "Mallory"}).status_code == 403
    assert everything() == before


@pytest.mark.once
@pytest.mark.parametrize(
    "next_",
    [
        *("https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "\t//evil.example"),
        *(
            "http://testserver//evil.example/x",
            "http://testserver/\\evil.example/x",
            "http://testserver///evil.example",
        ),
        *("http://testserver/\t/evil.example", "//testserver//evil.example/", "/accounts/\n//evil.example/"),
    ],
)
def test_no_answer_leads_out_of_the_hub(next_, world, client_for):
    names = ("view_save", "view_delete", "action_done", "action_reopen", "action_reschedule", "log")
    for name in (name for name in PAGES if name.split(":")[-1] in names):
        page = PAGES[name]
        at = kwargs_of(world, page.at)
        url, client = reverse(name, kwargs=at), client_for("sales")
        answers = [
            client.post(url, {**page.data, "next": next_}),
            client.post(f"{url}?next={quote(next_)}", {**page.data, "next": next_, "key": "k2"}, HTTP_REFERER=next_),
            client.post(url, {**page.data, "next": "", "key": "k4"}, HTTP_REFERER=next_),
            client.post(
                url, {**page.data, "next": next_, "key": "k3"}, HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL=next_
            ),
        ]
        for answer in answers:
            for header in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url"):
                where = answer.headers.get(header, "/")
                assert re.match(r"/(?![/\\])", where), (name, header, where)


def test_uploads_have_no_address(world, client_for, settings):
    folder, settings.WHITENOISE_USE_FINDERS = settings.MEDIA_ROOT / "imports", True
    folder.mkdir(parents=True)
    (folder / "x.xlsx").write_bytes(b"the uploaded workbook")
    assert configured.MEDIA_URL in ("", "/")
    for url in (
        "/imports/x.xlsx",
        "/media/imports/x.xlsx",
        "/var/media/imports/x.xlsx",
        "/static/../media/imports/x.xlsx",
    ):
        for role in ("anonymous", "administrator"):
            answer = client_for(role).get(url)
            body = read(answer)
            assert b"the uploaded workbook" not in body and answer.status_code in (302, 403, 404)
    run = client_for("administrator").get(reverse("admin:accounts_importrun_change", args=[world.run.pk]))
    assert "imports/x.xlsx" not in run.content.decode()


def test_a_faulty_request_shows_no_traceback(client_for):
    client = client_for("administrator")
    for url in ("/accounts/%00/", "/accounts/A001%0d%0aX: y/", "/accounts/?page=-1&sort=%00", "/search/?q=%00"):
        answer = client.get(url)
        assert answer.status_code < 500, url
        assert "Traceback" not in answer.content.decode(), url


PRODUCTION = {
    "HUB_MODE": "production",
    "SECRET_KEY": "x" * 60,
    "ALLOWED_HOSTS": "hub.example.ng",
    "DATABASE_URL": "postgresql://hub@127.0.0.1:5432/hub?sslmode=verify-full",
    "REDIS_URL": "redis://127.0.0.1:6379/9",
    "EMAIL_URL": "smtp://127.0.0.1:25",
}
ASKED = [
    *("SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE", "DEBUG"),
    *("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_CONTENT_TYPE_NOSNIFF", "X_FRAME_OPTIONS"),
]


def of_production(tmp_path, *names):
    script = (
        f"import json; from django.conf import settings as s; print(json.dumps({{n: getattr(s, n) for n in {names}}}))"
    )
    env = {**os.environ, **PRODUCTION, "HUB_VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "mikano_cx.settings"}
    ran = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout.splitlines()[-1])


def test_production_s_database_is_reached_as_its_address_says(tmp_path):
    database = of_production(tmp_path, "DATABASES")["DATABASES"]["default"]
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert database["OPTIONS"]["pool"]["max_size"] == 10


def test_production_s_cookies_travel_over_https_alone(tmp_path):
    assert of_production(tmp_path, *ASKED) == {
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": True,
        "DEBUG": False,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "X_FRAME_OPTIONS": "DENY",
    }


def test_a_strange_host_is_refused(db):
    assert Client().get("/sign-in/", HTTP_HOST="evil.example").status_code == 400


def test_a_refused_page_is_one_line_of_the_log(cast, client_of):
    (handler,) = [one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler]
    stream, written = handler.stream, StringIO()
    handler.setStream(written)
    try:
        assert client_of(cast.funke).get("/ownership/leaving/").status_code == 403
    finally:
        handler.setStream(stream)
    (line,) = written.getvalue().splitlines()
    assert "/ownership/leaving/" in line and "Traceback" not in line
