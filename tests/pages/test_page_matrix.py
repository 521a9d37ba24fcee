"""Every address, as every role: who may read, who may write, and that a denied request changes no row.

The tables below are the law in short; `docs/roles.md` says it in words. An address without a line fails.
"""

from dataclasses import dataclass, field

import pytest
from django.apps import apps
from django.db import transaction
from django.urls import reverse

from tests.pages.conftest import ROLES, everything, kwargs_of
from tests.pages.urls_of import models, names


def roles(words: str) -> frozenset[str]:
    return frozenset(words.split())


# "other" is somebody in sales of another division than the example's; "administrator" has the roles IT and P&BI.
EVERYONE = frozenset(ROLES) - {"anonymous"}
PUBLIC = frozenset(ROLES)
LOGGING = EDITING = roles("sales head steward pbi administrator other")
IMPORTING = VOIDING = DEFINING_OR_STEWARD = roles("steward pbi administrator")
DEFINING = roles("pbi administrator")
SELLING = roles("sales head steward other")  # the example's steward sells too
HEADING = roles("head")
LEAVING = roles("head it administrator")
FEEDING = roles("steward pbi it administrator")
ARRANGING_FEEDS = roles("it administrator")
NOBODY = frozenset()
ONLY_POST = "only post"


@dataclass(frozen=True)
class Page:
    """Who may GET, who may POST; `read=ONLY_POST` answers a GET with 405.

    `data` is a valid POST: sent by somebody who may, it changes rows; `own` marks what "other" may ask for and the verb
    refuses, because the record is another division's.
    """

    read: frozenset[str] | str = EVERYONE
    write: frozenset[str] = NOBODY
    at: dict = field(default_factory=dict)
    data: dict = field(default_factory=dict)
    own: bool = False
    missing: frozenset[str] = NOBODY  # to these it isn't there (404): it is somebody's own
    query: str = ""


A, C, I, R = {"code": "A001"}, {"code": "C001"}, {"code": "I00001"}, {"pk": "run"}  # noqa: E741
D, F, FR = {"pk": "dispute"}, {"pk": "feed"}, {"pk": "feed_run"}
PAGES = {
    "pages:home": Page(),
    "pages:search": Page(query="?q=zenith"),
    "pages:account": Page(at=A),
    "pages:contact": Page(at=C),
    "pages:healthz": Page(read=PUBLIC),
    "pages:styleguide": Page(),
    "accounts:account_list": Page(),
    "accounts:account_new": Page(EDITING, EDITING, data={"name": "Honeywell Flour Mills"}),
    "accounts:near_accounts": Page(EDITING, query="?name=zenith"),
    "accounts:account_edit": Page(EDITING, EDITING, A, {"name": "Zenith Bank", "version": "1"}, own=True),
    "accounts:contact_list": Page(),
    "accounts:contact_new": Page(EDITING, EDITING, data={"full_name": "Uche Danjuma", "account": "A001"}, own=True),
    "accounts:near_contacts": Page(EDITING, query="?full_name=ada"),
    "accounts:contact_edit": Page(
        EDITING,
        EDITING,
        C,
        {"full_name": "Tunde Leye", "account": "A001", "job_title": "CEO", "consent": "unknown", "version": "1"},
        own=True,
    ),
    "accounts:view_save": Page(
        ONLY_POST, EVERYONE, data={"list_name": "accounts", "name": "New", "query": "", "next": "/accounts/"}
    ),
    "accounts:view_delete": Page(
        ONLY_POST, roles("sales"), {"pk": "view"}, {"next": "/accounts/"}, missing=EVERYONE - roles("sales")
    ),
    "interactions:interaction_list": Page(),
    "interactions:log": Page(
        LOGGING, LOGGING, data={"key": "k1", "who": "C001", "channel": "phone", "notes": "Called"}
    ),
    "interactions:who": Page(LOGGING, query="?q=zenith"),
    "interactions:kinds": Page(EVERYONE, DEFINING),
    "interactions:interaction": Page(at=I),
    "interactions:amend": Page(LOGGING, LOGGING, I, {"text": "It was Tuesday."}, own=True),
    "interactions:void": Page(VOIDING, VOIDING, I, {"reason": "Logged twice"}),
    "interactions:action_done": Page(ONLY_POST, LOGGING, I, {"key": "x"}, own=True),
    "interactions:action_reopen": Page(ONLY_POST, LOGGING, I, own=True),
    "interactions:action_reschedule": Page(ONLY_POST, LOGGING, I, {"due_on": "2026-04-01"}, own=True),
    "feeds:home": Page(FEEDING),
    "feeds:feed": Page(FEEDING, ARRANGING_FEEDS, F),
    "feeds:start": Page(ONLY_POST, ARRANGING_FEEDS, F),
    "feeds:test": Page(ARRANGING_FEEDS, ARRANGING_FEEDS, F),
    "feeds:runs": Page(FEEDING, query="?state=preview"),
    "feeds:run": Page(FEEDING, at=FR, query="?bucket=new"),
    "feeds:approve": Page(ONLY_POST, FEEDING, FR, {"sure": "yes"}),
    "feeds:discard": Page(ONLY_POST, FEEDING, FR, {"sure": "yes"}),
    "feeds:undo": Page(ONLY_POST, FEEDING, FR),
    "feeds:again": Page(ONLY_POST, FEEDING, FR, {"sure": "yes"}),
    "feeds:refused": Page(FEEDING, at=FR, missing=FEEDING),  # nothing was refused
    "feeds:customers": Page(IMPORTING, IMPORTING, data={"accept": "all", "count": "1"}, query="?state=match"),
    "feeds:customer": Page(IMPORTING, IMPORTING, {"pk": "customer"}, {"what": "reject", "why": "A test of the ERP"}),
    "sales_feeds:codes": Page(ARRANGING_FEEDS, ARRANGING_FEEDS),
    "workbook:runs": Page(IMPORTING, IMPORTING),
    "workbook:export": Page(),
    "workbook:run": Page(IMPORTING, at=R),
    "workbook:people": Page(IMPORTING, IMPORTING, R),
    "workbook:choices": Page(ONLY_POST, IMPORTING, R),
    "workbook:apply": Page(ONLY_POST, IMPORTING, R),
    "workbook:undo": Page(ONLY_POST, IMPORTING, R),
    "workbook:discard": Page(ONLY_POST, IMPORTING, R, {"sure": "yes"}),
    "workbook:again": Page(ONLY_POST, IMPORTING, R),
    "workbook:refused": Page(IMPORTING, at=R, missing=IMPORTING),  # nothing was refused
    "ownership:home": Page(),
    "ownership:pool": Page(),
    "ownership:claim": Page(SELLING, SELLING, A, {"key": "k1", "channel": "phone", "kind": "meeting"}),
    "ownership:mine": Page(),
    "ownership:expiring": Page(),
    "ownership:unassigned": Page(write=HEADING),
    "ownership:flags": Page(write=HEADING),
    "ownership:leaving": Page(
        LEAVING,
        LEAVING,
        data={"person": "funke", "last_working_day": "2026-03-20", "seen": "0-0d4cbb29"},  # no account changes hands
        query="?person=funke&last_working_day=2026-03-20",
    ),
    "ownership:leaving_actions": Page(LEAVING, LEAVING, {"username": "funke"}),  # nothing of hers is open
    "ownership:leaving_back": Page(LEAVING, LEAVING, {"username": "funke"}, missing=LEAVING),  # she works here
    "ownership:reviews": Page(EVERYONE, HEADING, query="?division="),
    "accounts:notices": Page(EVERYONE, EVERYONE),
    "ownership:policy": Page(EVERYONE, DEFINING, data={"orphan_after_months": "24", "lead_days": "30"}),
    "ownership:what_if": Page(
        EVERYONE, DEFINING, {"pk": "what_if"}, {"effective_from": "2026-04-01", "reason": "Agreed in March"}
    ),
    "ownership:what_if_file": Page(at={"pk": "what_if", "ending": "csv"}),
    "ownership:routing": Page(
        EVERYONE, roles("head pbi administrator"), data={"division": "motors", "record": "yes", "key": "k"}
    ),
    "ownership:leave_add": Page(ONLY_POST, SELLING, data={"first_day": "2026-05-01", "last_day": "2026-05-02"}),
    "ownership:leave_remove": Page(ONLY_POST, SELLING, {"pk": "leave"}),  # Aisha's
    "ownership:dispute_list": Page(),
    "ownership:dispute_new": Page(LOGGING, LOGGING, query="?account=A001"),
    "ownership:dispute": Page(at=D),
    "ownership:dispute_draft": Page(LOGGING, LOGGING, D),
    "ownership:dispute_drop": Page(ONLY_POST, LOGGING, D),
    "ownership:dispute_sign": Page(ONLY_POST, LOGGING, D),
    "ownership:dispute_close": Page(ONLY_POST, LOGGING, D),
    "ownership:dispute_withdraw": Page(ONLY_POST, LOGGING, D),
    "ownership:why": Page(at=A),
    "ownership:renew": Page(HEADING, HEADING, A, missing=HEADING),  # no fact of it was struck out
    "kpis:adoption": Page(),
    # signing in: allauth decides for itself, the addresses are open by nature
    "account_login": Page(PUBLIC, PUBLIC),
    "account_logout": Page(PUBLIC, PUBLIC),
    "account_change_password": Page(EVERYONE, EVERYONE),
    "account_reauthenticate": Page(EVERYONE, EVERYONE),
    "account_reset_password": Page(PUBLIC, PUBLIC),
    "account_reset_password_done": Page(PUBLIC),
    "account_reset_password_from_key": Page(PUBLIC, PUBLIC, {"uidb36": "1", "key": "x-y"}),
    "account_reset_password_from_key_done": Page(PUBLIC),
}

# The admin: who may see, add, change (and, of IT's schedules alone, delete) the rows of each model.
SITE = roles("steward pbi it administrator")
IT = roles("it administrator")
ADMIN = {  # model: (see, add, change)
    "accounts.account": (SITE, roles("steward pbi administrator"), roles("steward pbi administrator")),
    "accounts.contact": (SITE, roles("steward pbi administrator"), roles("steward pbi administrator")),
    "accounts.codeseries": (SITE, NOBODY, NOBODY),
    "accounts.division": (SITE, NOBODY, roles("pbi it administrator")),
    "accounts.erpcustomer": (SITE, NOBODY, NOBODY),
    "accounts.feed": (SITE, IT, IT),
    "accounts.feedfreshness": (SITE, NOBODY, NOBODY),
    "accounts.importrow": (SITE, NOBODY, NOBODY),
    "accounts.importrun": (SITE, NOBODY, NOBODY),
    "accounts.job": (SITE, NOBODY, NOBODY),
    "accounts.leave": (SITE, NOBODY, NOBODY),
    "accounts.movement": (SITE, NOBODY, NOBODY),
    "accounts.nearmatchwaiver": (SITE, NOBODY, NOBODY),
    "accounts.productline": (SITE, roles("pbi it administrator"), roles("pbi it administrator")),
    "accounts.savedview": (SITE, NOBODY, NOBODY),
    "accounts.staff": (SITE, IT, IT),
    "accounts.staffalias": (SITE, NOBODY, IT),
    "accounts.staffrole": (SITE, NOBODY, NOBODY),
    "accounts.workinghours": (SITE, NOBODY, NOBODY),
    "interactions.amendment": (SITE, NOBODY, NOBODY),
    "interactions.interaction": (SITE, NOBODY, NOBODY),
    "interactions.interactionkind": (SITE, NOBODY, NOBODY),
    "interactions.kindversion": (SITE, DEFINING, NOBODY),
    "interactions.onlinereview": (SITE, NOBODY, NOBODY),
    "interactions.sale": (SITE, IMPORTING, NOBODY),
    "ownership.assignment": (SITE, NOBODY, NOBODY),
    "ownership.dispute": (SITE, NOBODY, NOBODY),
    "ownership.draftruling": (SITE, NOBODY, NOBODY),
    "accounts.notice": (IT, NOBODY, NOBODY),
    "ownership.ownerreview": (SITE, NOBODY, NOBODY),
    "ownership.ownershipflag": (SITE, NOBODY, NOBODY),
    "ownership.policy": (SITE, DEFINING, NOBODY),
    "ownership.renewal": (SITE, NOBODY, NOBODY),
    "ownership.routing": (SITE, NOBODY, NOBODY),
    "ownership.ruling": (SITE, NOBODY, NOBODY),
    "ownership.sweep": (SITE, NOBODY, NOBODY),
    "ownership.tenure": (SITE, NOBODY, NOBODY),
    "ownership.whatif": (SITE, NOBODY, NOBODY),
    "ownership.whatifchange": (SITE, NOBODY, NOBODY),
    "kpis.definition": (SITE, DEFINING, NOBODY),
    "django_celery_beat.clockedschedule": (IT, IT, IT),
    "django_celery_beat.crontabschedule": (IT, IT, IT),
    "django_celery_beat.intervalschedule": (IT, IT, IT),
    "django_celery_beat.periodictask": (IT, IT, IT),
    "django_celery_beat.solarschedule": (IT, IT, IT),
    "django_celery_results.groupresult": (IT, NOBODY, NOBODY),
    "django_celery_results.taskresult": (IT, NOBODY, NOBODY),
}
FILES = {"accounts.account", "accounts.contact"}  # with import and export
DELETABLE = {label for label in ADMIN if label.startswith("django_celery_beat")}
ADMIN_ITSELF = {
    "admin:index",
    "admin:login",
    "admin:logout",
    "admin:password_change",
    "admin:password_change_done",
    "admin:autocomplete",
    "admin:jsi18n",
    "admin:view_on_site",
    "admin:app_list",
    "admin:<(?P<url>.*)$>",
}


def admin_names(label: str) -> dict[str, frozenset[str]]:
    """The addresses of a model's pages and who may open each."""
    see, add, change = ADMIN[label]
    at = f"admin:{label.replace('.', '_')}_"
    pages = {f"{at}changelist": see, f"{at}change": see, f"{at}history": see, f"{at}add": add}
    pages[f"{at}delete"] = change if label in DELETABLE else NOBODY
    if label in FILES:
        pages |= {f"{at}export": see, f"{at}import": change, f"{at}process_import": change}
    return pages


def test_every_address_has_a_line():
    tabled = set(PAGES) | ADMIN_ITSELF | {name for label in ADMIN for name in admin_names(label)}
    found = {name for name in names() if not name.startswith("admin:<<path")}
    assert found - tabled == set(), "give these a line in the matrix"
    assert tabled - found == set(), "these lines have no address any more"


def test_every_model_of_the_hub_has_a_page_in_the_admin():
    ours = {
        model._meta.label_lower
        for app in ("accounts", "interactions", "ownership", "kpis")
        for model in apps.get_app_config(app).get_models()
        if not model.__name__.startswith("Historical")
    }
    assert ours <= {model._meta.label_lower for model in models()} == set(ADMIN)


@pytest.fixture
def address(world):
    def build(name: str) -> str:
        page = PAGES[name]
        return reverse(name, kwargs=kwargs_of(world, page.at)) + page.query

    return build


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_for_its_roles_alone(name, address, client_for):
    page, url, before = PAGES[name], address(name), everything()
    readers = EVERYONE if page.read == ONLY_POST else page.read
    for role in ROLES:
        answer = client_for(role).get(url)
        if role == "anonymous" and role not in readers:
            assert answer.status_code == 302 and answer.url.startswith("/sign-in/"), role
        elif role in readers & page.missing and page.read != ONLY_POST:
            assert answer.status_code == 404, (role, answer.status_code)
        elif role in readers:
            wanted = {405, 403} if page.read == ONLY_POST else {200, 302}
            assert answer.status_code in wanted, (role, answer.status_code)
        else:
            assert answer.status_code == 403, (role, answer.status_code)
    assert everything() == before, "reading changes no row"


@pytest.mark.once
@pytest.mark.parametrize("name", PAGES)
def test_who_may_not_write_changes_no_row(name, address, client_for):
    page, url, before = PAGES[name], address(name), everything()
    for role in sorted(frozenset(ROLES) - page.write):
        answer = client_for(role).post(url, page.data)
        if role == "anonymous" and name != "pages:healthz":
            assert answer.status_code in (302, 405), (role, answer.status_code)
        elif role in page.missing and page.write:
            assert answer.status_code == 404, (role, answer.status_code)
        elif name.startswith("account_"):  # allauth's show themselves
            assert answer.status_code in (200, 302, 405), (role, answer.status_code)
        else:  # where nobody writes, nobody posts
            wanted = 405 if not page.write and role in page.read else 403
            assert answer.status_code == wanted, (role, answer.status_code)
    assert everything() == before


WRITING = [name for name, page in PAGES.items() if page.write and page.data]


@pytest.mark.parametrize("name", WRITING)
def test_who_may_write_does(name, address, client_for):
    page, url, before = PAGES[name], address(name), everything()
    for role in sorted(page.write):
        with transaction.atomic():
            answer = client_for(role).post(url, page.data)
            assert answer.status_code not in (403, 404, 405, 500), (role, answer.status_code)
            refused = page.own and role == "other"
            amends = name != "interactions:amend" or role in ("head", "steward", "pbi", "administrator")
            assert (everything() == before) is (refused or not amends), (role, answer.status_code)
            transaction.set_rollback(True)


@pytest.mark.once
@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("account_")])
@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_no_page_answers_another_verb(method, name, address, client_for):
    url, before = address(name), everything()
    may = PAGES[name].write or PAGES[name].read
    client = client_for("administrator" if "administrator" in may else min(may))
    answer = getattr(client, method)(url)
    assert answer.status_code == 405, (name, answer.status_code)
    assert everything() == before


@pytest.fixture
def example(world):
    def of(label: str):
        model = apps.get_model(label)
        own = {"accounts.staff": "funke"}.get(label)
        return model._base_manager.get(username=own) if own else model._base_manager.order_by("pk").first()

    return of


@pytest.mark.once
@pytest.mark.parametrize("label", ADMIN)
def test_the_admin_opens_a_model_for_its_roles_alone(label, example, client_for):
    before, record = everything(), example(label)
    assert record is not None, f"the world has no {label}"
    _, add, change = ADMIN[label]
    writers = {"add": add, "change": change, "delete": change if label in DELETABLE else NOBODY}
    for name, readers in admin_names(label).items():
        page = name.rsplit("_", 1)[1]
        url = reverse(name, args=[record.pk] if page in ("change", "history", "delete") else [])
        for role in ROLES:
            if page == "import" and name.endswith("process_import"):
                continue  # takes only a POST; below
            answer = client_for(role).get(url)
            wanted = 200 if role in readers else 403 if role in SITE else 302
            assert answer.status_code == wanted, (name, role, answer.status_code)
        for role in sorted(frozenset(ROLES) - writers.get(page, frozenset(ROLES))):
            answer = client_for(role).post(url, {"full_name": "Mallory", "name": "Mallory", "post": "yes"})
            assert answer.status_code == (403 if role in SITE else 302), (name, role, answer.status_code)
    assert everything() == before


@pytest.mark.once
@pytest.mark.parametrize("label", sorted(FILES))
def test_a_file_comes_in_only_by_who_may_change(label, client_for):
    before = everything()
    data = {"import_file_name": "x", "original_file_name": "x", "format": "0", "resource": "0"}
    for role in sorted(frozenset(ROLES) - ADMIN[label][2]):
        for page in ("import", "process_import"):
            answer = client_for(role).post(reverse(f"admin:{label.replace('.', '_')}_{page}"), data)
            assert answer.status_code == (403 if role in SITE else 302), (role, page)
    assert everything() == before


@pytest.mark.once
@pytest.mark.parametrize("path", ["", "password_change/", "jsi18n/", "accounts/", "autocomplete/", "no/such/page/"])
def test_the_admin_itself_is_closed_to_everybody_else(path, client_for):
    for role in sorted(frozenset(ROLES) - SITE):
        answer = client_for(role).get(f"/admin/{path}")
        assert answer.status_code == 302 and "login" in answer.url, role
        assert client_for(role).get(answer.url).status_code == (302 if role == "anonymous" else 403)


def test_a_view_that_declares_no_access_is_closed(client_for, settings, world):
    from types import ModuleType

    from django.http import HttpResponse
    from django.urls import path

    conf = ModuleType("undeclared")
    from mikano_cx.urls import urlpatterns

    conf.urlpatterns = [path("undeclared/", lambda request: HttpResponse("open")), *urlpatterns]
    settings.ROOT_URLCONF = conf
    for role in EVERYONE:
        assert client_for(role).get("/undeclared/").status_code == 403
    assert client_for("anonymous").get("/undeclared/").status_code in (302, 403)
