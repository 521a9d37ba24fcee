"""IT sets a feed up in the administration: by the verb, line by line, and sees at once how the newest file reads."""

import json
from datetime import time
from html import unescape

import pytest
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from accounts.imports.feeds.actions import save_feed
from accounts.imports.feeds.samples import EXAMPLES
from accounts.imports.models import Feed, ImportRun
from tests.accounts.test_admin import errors, form_of
from tests.conftest import NOW

ADD = "admin:accounts_feed_add"
CUSTOMERS = "KundenNr;Firma;Ort\nC1;Dangote Cement;Lagos\nC2;;Kano\n"


@pytest.fixture
def it(cast, client_of):
    return client_of(cast.chinedu)


@pytest.fixture
def feed(cast, settings, tmp_path) -> Feed:
    """With a file in its folder whose columns have names of their own."""
    settings.DROP_DIR = tmp_path
    (tmp_path / "erp").mkdir()
    (tmp_path / "erp" / "kunden_20260316.csv").write_text(CUSTOMERS)
    given = {"name": "ERP customers", "kind": "customers", "folder": "erp", "pattern": "kunden_*.csv"}
    return save_feed(Feed(**given, days="daily", runs_at=time(2)), by=cast.chinedu, at=NOW)


def change(feed: Feed) -> str:
    return reverse("admin:accounts_feed_change", args=[feed.pk])


def save(client, feed: Feed, **values):
    page = client.get(change(feed))
    return client.post(change(feed), {**form_of(page), **values})


def text(answer) -> str:
    return unescape(" ".join(answer.content.decode().split()))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_a_feed_is_filled_in_from_an_example(it, example):
    answer = it.post(reverse(ADD), {"example": example["name"]})
    made = Feed.objects.get()
    assert answer.url == change(made)
    for name, value in example.items():
        assert getattr(made, name) == value, name
    assert PeriodicTask.objects.filter(task="accounts.run_feed").count() == (1 if made.days else 0)
    assert it.get(answer.url).status_code == 200


def test_a_feed_is_begun_by_hand_with_name_and_kind(it, cast):
    answer = it.post(reverse(ADD), {"name": "Reviews", "kind": "reviews"})
    made = Feed.objects.get()
    assert (made.kind, made.days) == ("reviews", "") and answer.url == change(made)
    assert made.history.get().history_user == cast.chinedu


def test_what_is_missing_at_the_start_is_said_at_its_field(it):
    answer = it.post(reverse(ADD), {})
    assert "Give the feed a name." in errors(answer) and not Feed.objects.exists()
    answer = it.post(reverse(ADD), {"name": "Sales"})
    assert "Choose what the feed brings." in errors(answer)


def test_an_example_under_another_name(it):
    it.post(reverse(ADD), {"example": "ERP sales", "name": "Sales of Power"})
    assert (Feed.objects.get().name, Feed.objects.get().holds) == ("Sales of Power", "changes")


def test_columns_have_a_line_each_with_the_file_s_own_as_suggestions(it, feed):
    page = text(it.get(change(feed)))
    assert "ERP customer ID (needed):" in page and 'name="mapping_external_id"' in page
    assert '<option value="KundenNr"></option>' in page and '<option value="Firma"></option>' in page
    assert 'name="lines_pattern"' not in page and "{" not in page.split("feed_form")[1].split("htmx")[0]


def test_columns_are_kept_as_typed_and_a_dash_is_not_read(it, feed):
    answer = save(it, feed, mapping_external_id="KundenNr", mapping_name="Firma", mapping_industry="-")
    assert answer.status_code == 302
    feed.refresh_from_db()
    assert feed.mapping == {"external_id": "KundenNr", "name": "Firma", "industry": ""}
    form = it.get(change(feed)).context["adminform"].form
    assert form["mapping_industry"].value() == "-" and form["mapping_address"].value() is None


def test_what_is_needed_can_t_be_left_unread(it, feed):
    answer = save(it, feed, mapping_name="-")
    assert "Name is needed" in str(answer.context["adminform"].form.errors["mapping_name"])


def test_rows_are_left_out_by_lines_of_column_and_value(it, feed):
    save(it, feed, only_rows="Ort: Lagos\n\n Ort : Kano ")
    feed.refresh_from_db()
    assert feed.only == {"Ort": ["Lagos", "Kano"]}
    assert it.get(change(feed)).context["adminform"].form["only_rows"].value() == "Ort: Lagos\nOrt: Kano"
    assert "write Stage: Won" in errors(save(it, feed, only_rows="Lagos"))


def test_sales_with_lines_map_both_files(it, cast):
    example = next(example for example in EXAMPLES if example["name"] == "Northwind sales")
    feed = save_feed(Feed(**example), by=cast.chinedu, at=NOW)
    save(it, feed, lines_mapping_amount="total")
    feed.refresh_from_db()
    assert feed.lines_mapping == {**example["lines_mapping"], "amount": "total"}
    assert feed.mapping == example["mapping"]


def test_a_change_of_the_schedule_reaches_beat(it, feed):
    assert save(it, feed, days="weekdays", runs_at="03:15").status_code == 302
    row = PeriodicTask.objects.select_related("crontab").get(name=f"Feed {feed.pk}")
    assert (row.crontab.hour, row.crontab.minute, row.crontab.day_of_week) == ("3", "15", "1-5")
    assert json.loads(row.args) == [feed.pk]


def test_what_the_verb_refuses_stands_at_its_field_and_nothing_is_saved(it, feed):
    answer = save(it, feed, folder="../etc", settle_seconds="5")
    assert "a folder inside the hub" in str(answer.context["adminform"].form.errors["folder"])
    feed.refresh_from_db()
    assert (feed.folder, feed.settle_seconds) == ("erp", 60)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("runs_at", "", "at what time it runs"), ("most_changed", "101", "0 to 100 %"), ("name", "  ", "required")],
)
def test_what_the_database_would_refuse_is_said_in_words_at_its_field(it, feed, field, value, words):
    found = save(it, feed, **{field: value}).context["adminform"].form.errors
    assert list(found) == [field] and words in str(found[field])


@pytest.mark.parametrize(("field", "value"), [("source", "sap"), ("id_prefix", "S-")])
def test_source_and_prefix_are_settled_once_something_came_in(it, feed, field, value):
    assert save(it, feed, **{field: value}).status_code == 302
    ImportRun.objects.create(feed=feed, trigger="hand", state="applied", created_at=NOW)
    assert save(it, feed, name="Another name").status_code == 302
    errors = save(it, feed, **{field: value * 2}).context["adminform"].form.errors
    assert "undo that, or set up another feed" in str(errors[field])


def test_what_a_file_holds_is_asked_of_customers_alone(it, feed, cast):
    sales = save_feed(Feed(name="Sales", kind="sales"), by=cast.chinedu, at=NOW)
    assert "holds" in it.get(change(feed)).context["adminform"].form.fields
    assert "holds" not in it.get(change(sales)).context["adminform"].form.fields


def test_others_of_the_administration_read_only(cast, feed, client_of):
    for person in (cast.aisha, cast.tunde):
        client = client_of(person)
        assert "kunden_*.csv" in text(client.get(change(feed)))
        assert client.post(change(feed), {"name": "Mine"}).status_code == 403
    feed.refresh_from_db()
    assert feed.name == "ERP customers"


# --- the preview, and "Test" -----------------------------------------------------------------------------------------
def test_the_settings_page_asks_for_a_preview_without_any_script_of_its_own(it, feed):
    page = it.get(change(feed)).content.decode()
    assert f'hx-post="/feeds/{feed.pk}/test/"' in page and f'formaction="/feeds/{feed.pk}/test/"' in page
    assert "<script>" not in page and "onclick" not in page


def test_a_test_says_what_is_missing_of_the_saved_settings(it, feed):
    page = text(it.get(f"/feeds/{feed.pk}/test/"))
    assert "kunden_20260316.csv, in the drop folder" in page
    assert "The hub would refuse this file." in page and "no column for ERP customer ID" in page


def test_a_test_of_settings_that_aren_t_saved_yet_shows_the_rows_and_saves_nothing(it, feed):
    typed = {**form_of(it.get(change(feed))), "mapping_external_id": "KundenNr", "mapping_name": "Firma"}
    page = text(it.post(f"/feeds/{feed.pk}/test/", typed))
    assert "<dt>ERP customer ID</dt><dd>KundenNr</dd>" in page and "not given" in page
    assert "Columns that the hub doesn't use: Ort." in page and "2 rows." in page
    assert "1 of 2 rows would be refused." in page and "Row 3, column “Firma”: This row has no name." in page
    assert "Dangote Cement" in page
    feed.refresh_from_db()
    assert feed.mapping == {} and not feed.runs.exists()


def test_htmx_is_given_the_preview_alone(it, feed):
    typed = form_of(it.get(change(feed)))
    part = it.post(f"/feeds/{feed.pk}/test/", typed, headers={"HX-Request": "true"}).content.decode()
    assert "The hub would refuse this file." in part and "<html" not in part


def test_a_test_says_which_rows_are_left_out_and_which_division_is_unknown(it, feed, settings):
    rows = "KundenNr;Firma;Sparte\nC1;Dangote;Motors\nC2;Lafarge;Atlantis\nC3;Nestle;Power & Industrial\n"
    (settings.DROP_DIR / "erp" / "kunden_20260317.csv").write_text(rows)
    typed = {**form_of(it.get(change(feed))), "mapping_external_id": "KundenNr", "mapping_name": "Firma"}
    typed |= {"mapping_division": "Sparte", "only_rows": "Sparte: Motors\nSparte: Atlantis"}
    page = text(it.post(f"/feeds/{feed.pk}/test/", typed))
    assert "kunden_20260317.csv" in page  # the newest
    assert "of the first 3, 1 left out by “only rows where”" in page
    assert "Row 3, column “Sparte”: There is no division “Atlantis”." in page


def test_a_test_of_settings_that_can_t_be_says_so(it, feed):
    typed = {**form_of(it.get(change(feed))), "header_row": "none"}
    assert "These settings can't be tested yet." in text(it.post(f"/feeds/{feed.pk}/test/", typed))


def test_a_test_without_a_file_or_a_folder_says_where_to_put_one(it, feed, settings):
    (settings.DROP_DIR / "erp" / "kunden_20260316.csv").unlink()
    assert "There is no file to test with." in text(it.get(f"/feeds/{feed.pk}/test/"))
    (settings.DROP_DIR / "erp").rmdir()
    assert "The drop folder can't be read." in text(it.get(f"/feeds/{feed.pk}/test/"))
    assert it.get(change(feed)).status_code == 200


def test_a_test_of_sales_with_lines_reads_both(it, cast, settings, tmp_path):
    settings.DROP_DIR = tmp_path
    (tmp_path / "nw").mkdir()
    example = next(example for example in EXAMPLES if example["name"] == "Northwind sales")
    orders = "orderID,customerID,orderDate,employeeID\n1,ALFKI,1997-08-25,6\n"
    (tmp_path / "nw" / example["pattern"]).write_text(orders)
    lines = "orderID,unitPrice,quantity,discount\n1,10.50,3,0\n1,7,abc,0\n"
    (tmp_path / "nw" / example["lines_pattern"]).write_text(lines)
    feed = save_feed(Feed(**example, folder="nw"), by=cast.chinedu, at=NOW)
    page = text(it.get(f"/feeds/{feed.pk}/test/"))
    assert "NW-1" in page and "25 Aug 1997" in page and "31.50" in page
    assert "order-details.csv: the lines" in page and "Row 3, column “quantity”" in page


def test_a_test_says_how_many_rows_would_be_refused(it, feed, settings):
    rows = "".join(f"C{number};;Lagos\n" for number in range(12))
    (settings.DROP_DIR / "erp" / "kunden_20260317.csv").write_text("KundenNr;Firma;Ort\n" + rows)
    save(it, feed, mapping_external_id="KundenNr", mapping_name="Firma")
    page = text(it.get(f"/feeds/{feed.pk}/test/"))
    assert "12 of 12 rows would be refused; the first 10:" in page and page.count("This row has no name.") == 10
