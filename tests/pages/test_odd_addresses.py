"""Addresses that nobody means: a parameter too big, too old, or plain rubbish is never the server's error."""

from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.pages.conftest import everything

FAR = "0001-01-01T00:00:00%2B01:00_2_5"
BIG = "99999999999999999999"
LISTS = ("/interactions/", "/accounts/", "/contacts/")
OF_LISTS = [
    *("since=0001-01-01", "until=9999-12-31", "since=9999-12-31", "until=0001-01-01", "since=2026-02-30", "until=x"),
    *("page=0", "page=-1", f"page={BIG}", "page=1e9", "page=x", "page=1&page=2", "page=%C2%B2"),
    *("sort=junk", "sort=-", "sort=--code", "sort=code,code", "sort=&sort=", "sort=notes__x", "sort=-password"),
    *("columns=junk", "columns=,", "columns=code,code", "_export=junk", "_export=csv&columns=junk&sort=junk"),
    *("kind=x", f"kind={BIG}", "kind=-1", "channel=x", "division=x", f"division={BIG}", "logged_by=x", "owner=%FF"),
    *("untouched=0", f"untouched={BIG}", "untouched=NaN", "untouched=1e400", "untouched=-1", "untouched=0.5"),
    *(f"q={'a' * 500}", "q=%25", "q=_", "q=%5C", "q='", "q=%ED%A0%80", f"q={'a+' * 45}", f"q={BIG}", "account=%5C"),
    *("_export=csv&since=0001-01-01", "_export=xlsx&until=9999-12-31", "_export=csv&page=x", "active=x", "consent=x"),
]
OF_PAGES = [
    *(f"/{record}/?after={after}" for record in ("accounts/A001", "contacts/C001") for after in (
        FAR, "9999-12-31T23:59:59-01:00_2_5", f"2026-03-16T10:00:00%2B01:00_2_{BIG}",
        "2026-03-16T10:00:00%2B01:00_2_-5", f"2026-03-16T10:00:00%2B01:00_{BIG}_5",
        "2026-03-16T10:00:00%2B01:00_-1_5", "2026-03-16T10:00:00_2_5", "x", "__", f"x_{'9' * 5000}_1",
    )),
    *("/accounts/A001/?channel=x", "/accounts/A001/?with=x&by=y", f"/accounts/{'A' * 3000}/", "/contacts/%F0%9F/"),
    *(f"/interactions/{BIG}/", "/interactions/I00001/?x=%FF", f"/interactions/log/?contact={BIG}&account={BIG}"),
    *(f"/interactions/log/?completes={BIG}", f"/interactions/log/?after={BIG}", "/interactions/kinds/?revise=junk"),
    *("/interactions/who/?who=%5C", f"/accounts/near/?name={'a' * 5000}", f"/accounts/near/?main_phone={BIG}"),
    *(f"/accounts/near/?lookup=1&parent={BIG}", f"/contacts/near/?full_name=x&account={BIG}&mobile={BIG}"),
    *(f"/accounts/new/?name={'a' * 900}", f"/contacts/new/?account={BIG}", f"/search/?q={'a+' * 900}", "/search/?q=%"),
    *("/kpis/adoption/?week=0001-W01", "/kpis/adoption/?week=9999-W53", "/kpis/adoption/?week=x", f"/?page={BIG}"),
    *("/kpis/adoption/?week=1-W1", "/kpis/adoption/?week=2026-W99&division=x", f"/workbook/{BIG}/", "/workbook/0/"),
    *("/workbook/{run}/?page=0", f"/workbook/{{run}}/?page={BIG}", "/workbook/{run}/?bucket=x&tab=y&problem=z"),
    *(f"/workbook/{BIG}/people/", f"/workbook/{BIG}/refused/", f"/admin/accounts/staff/{BIG}/change/"),
    *(f"/admin/accounts/account/?p={BIG}", "/admin/accounts/account/?o=99.-99.x", "/admin/accounts/account/?p=-1"),
]  # fmt: skip


@pytest.mark.parametrize("query", OF_LISTS)
def test_a_list_answers_any_parameter(query, world, client_for):
    client = client_for("administrator")
    for path in LISTS:
        for headers in ({}, {"HX-Request": "true"}):
            assert client.get(f"{path}?{query}", headers=headers).status_code < 500, path


@pytest.mark.parametrize("url", OF_PAGES, ids=lambda url: url[:60])
def test_a_page_answers_any_parameter(url, world, client_for):
    client = client_for("administrator")
    for headers in ({}, {"HX-Request": "true"}):
        assert client.get(url.replace("{run}", str(world.run.pk)), headers=headers).status_code < 500


@pytest.mark.parametrize(
    ("method", "url"),
    [("post", f"/views/{BIG}/delete/"), ("post", f"/interactions/{BIG}/done/"), ("post", f"/workbook/{BIG}/apply/")],
)
def test_a_form_s_address_may_be_anything(method, url, client_for):
    assert getattr(client_for("administrator"), method)(url, {"next": "/accounts/"}).status_code < 500


@pytest.mark.parametrize("query", ["since=0001-01-01", "until=9999-12-31"])
def test_a_day_out_of_time_says_so_and_narrows_nothing(query, world, client_for):
    answer = client_for("sales").get(f"/interactions/?{query}")
    assert "Give a day between 1900 and 2200." in answer.content.decode()
    assert "I00001" in answer.content.decode()


FORMS = {
    "/accounts/new/": {"name": "", "main_phone": "\0", "erp_customer_id": "\0", "address": "x"},
    "/accounts/A001/edit/": {"name": "\0", "version": "1"},
    "/contacts/new/": {"full_name": "Uche\0", "email": "\0", "mobile": "\0", "account": "\0"},
    "/contacts/C001/edit/": {"full_name": "x", "note": "\0"},
    "/interactions/log/": {"key": "\0", "who": "\0", "channel": "phone", "notes": "Called\0"},
    "/interactions/I00001/amend/": {"text": "\0"},
    "/interactions/I00001/void/": {"reason": "Twice\0"},
    "/interactions/I00001/done/": {"next": "\0"},
    "/interactions/kinds/": {"slug": "\0", "label": "\0"},
    "/views/save/": {"list_name": "accounts", "name": "x\0", "query": "\0", "next": "/accounts/"},
    "/workbook/": {"division": "\0"},
    "/sign-in/": {"login": "\0", "password": "\0"},
    "/admin/accounts/account/add/": {"name": "\0"},
}


@pytest.mark.parametrize("multipart", [False, True], ids=["urlencoded", "multipart"])
@pytest.mark.parametrize("url", FORMS)
def test_a_null_byte_in_a_form_is_refused(url, multipart, client_for):
    client, before = client_for("administrator"), everything()
    data = FORMS[url] if multipart else urlencode(FORMS[url])
    kind = {} if multipart else {"content_type": "application/x-www-form-urlencoded"}
    answer = client.post(url, data, **kind)
    assert answer.status_code == 400 and "can't be read" in answer.content.decode()
    assert everything() == before


def test_a_null_byte_in_a_field_s_name_or_a_file_s_name_harms_nothing(client_for):
    client = client_for("administrator")
    assert client.post("/accounts/new/", {"na\0me": "x"}).status_code == 400
    upload = SimpleUploadedFile("a\0b.xlsx", b"PK\0\0")
    assert client.post("/workbook/", {"file": upload}).status_code < 500
