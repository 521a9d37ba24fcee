"""The admin is one more door: it calls the verbs, and nothing goes round them."""

import re
from decimal import Decimal

import pytest
from django import forms
from django.contrib import admin
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import NoReverseMatch, reverse

from accounts.people.models import Division, Staff, StaffRole
from accounts.records.models import Account, CodeSeries, Contact, NearMatchWaiver
from interactions.log.actions import log_interaction
from interactions.log.models import Interaction, InteractionKind, KindVersion
from interactions.sales.actions import record_credit_note, record_sale
from ownership.facts.models import Policy
from tests.conftest import NOW, PASSWORD, TODAY

SECRET = "Xylophone-4711-confidential"


@pytest.fixture
def root(cast):
    return Staff.objects.create_superuser("root", "Bola Root", PASSWORD, email="root@mikano.test")


@pytest.fixture(autouse=True)
def codes_taken(db):
    for prefix in ("A", "C"):
        CodeSeries.reserve(prefix, [f"{prefix}500"])


@pytest.fixture
def entry(cast, zenith):
    return log_interaction(
        by=cast.ngozi,
        at=NOW,
        contact=Contact.objects.get(code="C001"),
        channel="phone",
        notes=SECRET,
        confidential=True,
    )


def form_of(response) -> dict[str, str]:
    """What a browser would send back of the page's form."""
    form = response.context["adminform"].form
    sent = {}
    for name, field in form.fields.items():
        value = form.initial.get(name, field.initial)
        if hasattr(value, "__iter__") and not isinstance(value, str):
            value = [getattr(item, "pk", item) for item in value]
        chosen = not isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
        sent[name] = value if value is not None else "" if chosen else []  # nothing chosen is not sent
    for inline in response.context["inline_admin_formsets"]:
        for bound in (inline.formset.management_form, *inline.formset.forms):
            for name in bound.fields:
                value = bound[name].value()
                sent[bound.add_prefix(name)] = "" if value is None else value
    return {name: value for name, value in sent.items() if value is not False}


@pytest.fixture
def saves(client_of):
    def save(person, record, **changes):
        client = client_of(person)
        url = reverse(f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk])
        return client.post(url, {**form_of(client.get(url)), **changes})

    return save


def errors(response) -> str:
    return response.context["adminform"].form.errors.as_text() + str(response.context["errors"])


def test_an_account_is_edited_by_its_verb(cast, zenith, saves):
    answer = saves(cast.aisha, zenith, main_phone="0803 999 8888", industry="Banking")
    assert answer.status_code == 302
    zenith.refresh_from_db()
    assert (zenith.main_phone, zenith.industry, zenith.version) == ("+2348039998888", "Banking", 2)
    assert zenith.history.first().history_user == cast.aisha


def test_a_conflict_is_said_and_nothing_saved(cast, zenith, saves):
    answer = saves(cast.aisha, zenith, industry="Banking", seen_version="0")
    assert answer.status_code == 200 and "Somebody else changed this record" in errors(answer)
    zenith.refresh_from_db()
    assert (zenith.industry, zenith.version) == ("Finance", 1)


def test_a_refusal_stands_at_its_field(cast, zenith, saves):
    Account.objects.create(code="A002", name="Dangote Cement", erp_customer_id="777", origin="hub", created_at=NOW)
    answer = saves(cast.aisha, zenith, erp_customer_id="777.0")
    assert "A002" in str(answer.context["adminform"].form.errors["erp_customer_id"])


def test_a_steward_edits_the_own_divisions_alone(cast, zenith, saves, client_of):
    zenith.division = Division.objects.get(slug="power")
    zenith.save()
    url = reverse("admin:accounts_account_change", args=[zenith.pk])
    page = client_of(cast.aisha).get(url)
    assert page.status_code == 200 and 'name="industry"' not in page.content.decode()
    assert client_of(cast.aisha).post(url, {"name": "Mine"}).status_code == 403
    zenith.division = Division.objects.get(slug="motors")
    zenith.save()
    moved = saves(cast.aisha, zenith, division=Division.objects.get(slug="power").pk)
    assert "another division" in errors(moved)


def test_adding_beside_a_near_match_asks_for_a_word(cast, zenith, client_of):
    client, url = client_of(cast.tunde), reverse("admin:accounts_account_add")
    given = {**form_of(client.get(url)), "name": "ZENITH BANK NIG. LTD"}
    answer = client.post(url, given)
    assert "looks the same" in str(answer.context["adminform"].form.errors["another_because"])
    assert Account.objects.count() == 1
    assert client.post(url, {**given, "another_because": "Branch"}).status_code == 302
    assert NearMatchWaiver.objects.get().word == "Branch"


@pytest.mark.parametrize(("field", "value"), [("username", "FUNKE"), ("email", "FUNKE@mikano.test")])
def test_a_name_or_address_taken_in_another_case_is_said_at_its_field(cast, client_of, field, value):
    given = {"full_name": "Funke Two", "username": "funke2", "email": "f2@mikano.test", "is_active": "on", field: value}
    answer = client_of(cast.chinedu).post(reverse("admin:accounts_staff_add"), given)
    assert "Funke Ade" in str(answer.context["adminform"].form.errors[field])
    assert Staff.objects.filter(full_name="Funke Two").count() == 0


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_nothing_is_deleted_in_bulk_and_no_version_is_put_back(model, root, rf):
    request = rf.get("/")
    request.user = root
    registered = admin.site._registry[model]
    assert "delete_selected" not in registered.get_actions(request)
    if not model._meta.app_label.startswith("django_celery_beat"):
        assert not registered.has_delete_permission(request)
    with pytest.raises(NoReverseMatch):
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_simple_history", args=[1, 1])


def test_an_interaction_is_read_and_not_edited(root, entry, client_of):
    client = client_of(root)
    url = reverse("admin:interactions_interaction_change", args=[entry.pk])
    assert "<textarea" not in client.get(url).content.decode()
    assert client.post(url, {"notes": "Rewritten"}).status_code == 403
    assert client.get(reverse("admin:interactions_interaction_add")).status_code == 403


def test_voiding_asks_for_a_reason_and_calls_the_verb(cast, entry, client_of):
    client, url = client_of(cast.aisha), reverse("admin:interactions_interaction_changelist")
    chosen = {"action": "void", "_selected_action": [entry.pk]}
    assert "Why the entries are void" in client.post(url, chosen).content.decode()
    assert "This field is required" in client.post(url, {**chosen, "reason": " "}).content.decode()
    client.post(url, {**chosen, "reason": "Logged twice"})
    entry.refresh_from_db()
    assert (entry.void_reason, entry.voided_by) == ("Logged twice", cast.aisha)


def test_a_steward_of_another_division_voids_nothing(cast, entry, client_of):
    StaffRole.objects.create(staff=cast.emeka, role="steward")
    url = reverse("admin:interactions_interaction_changelist")
    given = {"action": "void", "_selected_action": [entry.pk], "reason": "Mine is better"}
    answer = client_of(cast.emeka).post(url, given, follow=True)
    assert "steward of the account&#x27;s division" in answer.content.decode()
    assert Interaction.objects.valid().count() == 1
    client_of(cast.chinedu).post(url, given)
    assert Interaction.objects.valid().count() == 1


def test_confidential_notes_are_masked_outside_the_division(cast, root, entry, client_of):
    at = "admin:interactions_interaction_"
    pages = [reverse(f"{at}changelist"), *(reverse(f"{at}{page}", args=[entry.pk]) for page in ("change", "history"))]
    for person in (root, cast.chinedu):
        assert all(SECRET not in client_of(person).get(url).content.decode() for url in pages)
        found = client_of(person).get(pages[0], {"q": SECRET})
        assert found.context["cl"].result_count == 0
    assert SECRET in client_of(cast.aisha).get(pages[1]).content.decode()


def test_masked_in_the_history_s_differences_too(cast, root, entry, client_of):
    from datetime import timedelta

    from interactions.log.actions import amend_interaction

    amend_interaction(entry, by=cast.ngozi, at=NOW + timedelta(minutes=1), values={"notes": f"{SECRET} again"})
    url = reverse("admin:interactions_interaction_history", args=[entry.pk])
    outside, inside = (client_of(person).get(url).content.decode() for person in (root, cast.aisha))
    assert SECRET not in outside and "Notes" in outside
    assert f"{SECRET} again" in inside


def test_a_kind_is_versioned_not_edited(cast, client_of):
    client, url = client_of(cast.tunde), reverse("admin:interactions_kindversion_add")
    kind = InteractionKind.objects.get(slug="meeting")
    given = {"kind": kind.pk, "label": "Meeting", "effective_from_0": "2099-01-01", "effective_from_1": "00:00"}
    assert client.post(url, given).status_code == 302
    assert KindVersion.objects.filter(kind=kind).count() == 2
    late = client.post(url, {**given, "effective_from_0": "2020-01-01"})
    assert "change the past" in errors(late)
    version = KindVersion.objects.filter(kind=kind).first()
    assert client.post(reverse("admin:interactions_kindversion_change", args=[version.pk]), given).status_code == 403


def test_a_policy_is_added_by_its_verb(cast, client_of):
    client, url = client_of(cast.tunde), reverse("admin:ownership_policy_add")
    given = {"effective_from": "2099-01-01", "orphan_after_months": 12, "lead_days": 60, "reason": "Agreed"}
    assert "change the past" in errors(client.post(url, {**given, "effective_from": "2020-01-01"}))
    assert client.post(url, given).status_code == 302
    assert Policy.objects.first().author == cast.tunde


def test_it_adds_a_person_who_gets_a_link(cast, client_of):
    client, url = client_of(cast.chinedu), reverse("admin:accounts_staff_add")
    given = {**form_of(client.get(url)), "full_name": "Uche Danjuma", "username": "uche", "email": "uche@mikano.test"}
    given |= {"granted": ["sales"], "divisions": [Division.objects.get(slug="power").pk], "is_active": "on"}
    given |= {"is_superuser": "on", "password": "chosen by another"}
    assert client.post(url, given).status_code == 302
    uche = Staff.objects.get(username="uche")
    assert not uche.is_superuser and not uche.has_usable_password()
    assert [row.role for row in uche.roles.all()] == ["sales"] and uche.divisions.count() == 1
    assert mail.outbox[0].to == ["uche@mikano.test"] and "/password/reset/key/" in mail.outbox[0].body


def test_roles_and_leaving_are_on_the_staff_page(cast, client_of, saves):
    answer = saves(cast.chinedu, cast.emeka, granted=["sales", "head"], last_working_day="2099-12-31")
    assert answer.status_code == 302
    cast.emeka.refresh_from_db()
    assert {row.role for row in cast.emeka.roles.all()} == {"sales", "head"}
    assert str(cast.emeka.last_working_day) == "2099-12-31"
    page = client_of(cast.chinedu).get(reverse("admin:accounts_staff_change", args=[cast.emeka.pk]))
    assert "Division head given by Chinedu Obi" in page.content.decode()


def test_nobody_gives_oneself_roles_here_either(cast, saves, root):
    saves(cast.chinedu, cast.chinedu, granted=["it", "pbi"], divisions=[1], initials="ZZ")
    chinedu = Staff.objects.get(pk=cast.chinedu.pk)
    assert ({row.role for row in chinedu.roles.all()}, chinedu.divisions.count()) == ({"it"}, 0)
    assert chinedu.initials == "ZZ"


def test_it_opens_an_administrator_read_only(cast, root, client_of):
    url = reverse("admin:accounts_staff_change", args=[root.pk])
    assert 'name="email"' not in client_of(cast.chinedu).get(url).content.decode()
    assert client_of(cast.chinedu).post(url, {"email": "mine@mikano.test"}).status_code == 403


def test_a_division_s_week_is_written_by_its_verb(cast, saves):
    power = Division.objects.get(slug="power")
    count = power.working_hours.count()
    changes = {"working_hours-0-closes": "16:00", "working_hours-1-DELETE": "on", "head": cast.emeka.pk}
    assert saves(cast.chinedu, power, **changes).status_code == 302
    power.refresh_from_db()
    assert (power.head, power.working_hours.count()) == (cast.emeka, count - 1)
    monday = power.working_hours.get(weekday=0)
    assert str(monday.closes) == "16:00:00" and monday.history.first().history_user == cast.chinedu


# --- files -----------------------------------------------------------------------------------------------------------
def bring(client, model, text):
    """Upload and, where the preview allows it, confirm."""
    url = reverse(f"admin:accounts_{model}_import")
    upload = SimpleUploadedFile("x.csv", text.encode(), content_type="text/csv")
    preview = client.post(url, {"import_file": upload, "format": "0", "resource": "0"})
    if "confirm_form" not in preview.context:
        return preview
    confirm = preview.context["confirm_form"].initial
    return client.post(reverse(f"admin:accounts_{model}_process_import"), confirm)


def test_a_file_changes_accounts_by_the_verb(cast, zenith, client_of):
    rows = "code,name,industry,main_phone,note\nA001,,Banking,0803 999 8888,\n,Honeywell Flour Mills,Food,,\n"
    assert bring(client_of(cast.aisha), "account", rows).status_code == 302
    zenith.refresh_from_db()
    assert (zenith.name, zenith.industry, zenith.main_phone) == ("Zenith Bank PLC", "Banking", "+2348039998888")
    assert (zenith.version, zenith.history.first().history_user) == (2, cast.aisha)
    assert Account.objects.get(name="Honeywell Flour Mills").created_by == cast.aisha


def test_the_preview_shows_old_and_new_and_writes_nothing(cast, zenith, client_of):
    upload = SimpleUploadedFile("x.csv", b"code,industry\nA001,Banking\n")
    given = {"import_file": upload, "format": "0", "resource": "0"}
    page = client_of(cast.aisha).post(reverse("admin:accounts_account_import"), given)
    assert "Finance → Banking" in page.content.decode()
    zenith.refresh_from_db()
    assert zenith.industry == "Finance"


def test_a_file_keeps_a_number_that_can_t_be_read_and_the_form_refuses_it(cast, zenith, client_of):
    client = client_of(cast.aisha)
    assert bring(client, "account", "code,main_phone\nA001,call Ade\n").status_code == 302
    zenith.refresh_from_db()
    assert zenith.main_phone == "call Ade"
    url = reverse("admin:accounts_account_change", args=[zenith.pk])
    form = client.get(url).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields} | {"main_phone": "12"}
    page = client.post(url, sent)
    assert "needs all its digits" in page.content.decode()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A999,Zitra,,", "The hub has no A999"),
        (",Zenith Bank Nigeria Ltd,,", "looks the same"),
        ("A001,Zenith Bank PLC,Power & Industrial,", "another division"),
        ("A001,Zenith Bank PLC,Nowhere,", "There is no division"),
        (",,,Food", "official name"),
    ],
)
def test_a_refused_row_is_said_and_stops_the_file(cast, zenith, client_of, row, said):
    page = bring(client_of(cast.aisha), "account", f"code,name,division,industry\n{row}\n")
    assert page.status_code == 200 and said in page.content.decode()
    assert Account.objects.count() == 1


def test_a_row_that_changes_nothing_is_left_alone(cast, zenith, client_of):
    assert bring(client_of(cast.aisha), "account", "code,main_phone\nA001,0803 123 4567\n").status_code == 302
    zenith.refresh_from_db()
    assert zenith.version == 1


def test_a_file_of_another_kind_or_size_is_refused(cast, client_of):
    for content in (b"PK\x03\x04" + b"\x00" * 99, b"x" * (2 * 2**20 + 1), b"", b"a\x00b\n1"):
        given = {"import_file": SimpleUploadedFile("x.csv", content), "format": "0", "resource": "0"}
        page = client_of(cast.aisha).post(reverse("admin:accounts_account_import"), given)
        assert page.status_code == 200 and "confirm_form" not in page.context


def test_an_export_calculates_nothing_and_comes_back_the_same(cast, zenith, client_of):
    zenith.note, zenith.industry = "+1+1", "@SUM(A1)"
    zenith.name = '=HYPERLINK("http://evil.example")'
    zenith.save()
    client = client_of(cast.aisha)
    answer = client.post(reverse("admin:accounts_account_export"), {"format": "0", "resource": "0"})
    text = answer.content.decode()
    assert "'=HYPERLINK" in text and "'@SUM" in text and "'+1+1" in text and ",+2348031234567" in text
    assert bring(client, "account", text).status_code == 302
    again = Account.objects.get(pk=zenith.pk)
    assert (again.name, again.note, again.version) == (zenith.name, "+1+1", zenith.version)
    assert bring(client, "account", text.replace(",+2348", ",'+2348")).status_code == 302  # from an older export
    assert Account.objects.get(pk=zenith.pk).version == zenith.version


# --- lists -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["accounts_account", "accounts_contact", "interactions_interaction", "accounts_staff"])
def test_a_list_costs_the_same_queries_for_3_and_30_rows(
    name, cast, zenith, root, client_of, django_assert_max_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def grow(upto):
        for number in range(Account.objects.count(), upto):
            account = Account.objects.create(
                code=f"A{number:04}", name=f"Company {number}", origin="hub", created_at=NOW, owner=cast.funke
            )
            contact = Contact.objects.create(
                code=f"C{number:04}", full_name=f"Person {number}", account=account, origin="hub", created_at=NOW
            )
            log_interaction(by=cast.funke, at=NOW, contact=contact, channel="phone")
            person = Staff.objects.create(username=f"s{number}", full_name=f"Staff {number}")
            person.roles.create(role="sales")

    client, counts = client_of(root), []
    for size in (3, 30):
        grow(size)
        client.get(reverse(f"admin:{name}_changelist"))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16, counts


def test_search_finds_as_the_hub_does(cast, zenith, root, entry, client_of):
    client = client_of(root)
    for name, query in (
        ("accounts_account", "0803 123"),
        ("accounts_contact", "leye"),
        ("interactions_interaction", "zenith"),
        ("interactions_interaction", "i00001"),
        ("accounts_staff", "funke ade"),
    ):
        page = client.get(reverse(f"admin:{name}_changelist"), {"q": query})
        assert page.context["cl"].result_count == 1, (name, query)


@pytest.mark.parametrize(("bound", "said"), [(2, "more than 2 contacts"), (3, "3 contacts")])
def test_a_long_list_says_that_there_are_more(cast, zenith, client_of, monkeypatch, bound, said):
    Contact.objects.create(code="C003", full_name="Ade Obi", account=zenith, origin="hub", created_at=NOW)
    monkeypatch.setattr("accounts.people.admin_bases.COUNTED_TO", bound)
    html = client_of(cast.chinedu).get(reverse("admin:accounts_contact_changelist")).content.decode()
    assert said in " ".join(html.split())


def test_a_sales_amounts_are_told_with_thousands(cast, zenith, client_of):
    given = {"by": cast.tunde, "at": NOW}
    sale = record_sale(
        invoice_number="INV-1",
        account=zenith,
        sold_on=TODAY,
        amount=Decimal(42_500_000),
        salesperson=cast.funke,
        **given,
    )
    record_credit_note(invoice_number="CN-1", sold_on=TODAY, amount=Decimal(-1_200_000), credits=sale, **given)
    client, of_all = client_of(cast.tunde), reverse("admin:interactions_sale_changelist")
    assert "42,500,000.00" in client.get(of_all).content.decode()
    html = client.get(reverse("admin:interactions_sale_change", args=[sale.pk])).content.decode()
    assert {"42,500,000.00", "-1,200,000.00", "41,300,000.00"} <= set(re.findall(r"-?[\d,]+\.\d\d", html))
