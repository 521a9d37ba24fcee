"""Logging as people do it: with a thumb, with keys, on a bad line, without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from accounts.records.models import Contact
from interactions.log.models import Interaction

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def saved(page):
    expect(page.locator(".toast").filter(has_text="Logged")).to_be_visible()


def how(form, channel):
    return form.get_by_role("group", name="How").get_by_role("radio", name=channel)


def test_a_call_is_three_inputs_on_a_phone(hub, open_hub):
    page = open_hub(hub.cast.funke, **PHONE)
    page.locator(".bottom-bar-log").tap()
    form = page.locator("#quick-log form")
    inputs = 0

    form.get_by_role("combobox", name="Who").press_sequentially("leye")
    form.get_by_role("option", name="Tunde Leye").tap()
    inputs += 1
    how(form, "Phone").tap()
    inputs += 1
    form.get_by_role("textbox", name="Notes").fill("Wants a price for two sets.")
    inputs += 1
    form.get_by_role("button", name="Save", exact=True).tap()

    saved(page)
    expect(page.locator("#quick-log")).not_to_be_visible()
    assert inputs == 3
    entry = Interaction.objects.get()
    assert (entry.contact.code, entry.channel, entry.notes) == ("C001", "phone", "Wants a price for two sets.")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#my-day")).to_contain_text("Nothing is due")  # the day came anew, and no longer teaches


def test_five_quick_taps_on_save_make_one_row(hub, open_hub):
    page = open_hub(hub.cast.funke, **PHONE)
    page.goto("/interactions/log/?contact=C001")
    how(page, "WhatsApp").tap()
    page.get_by_role("textbox", name="Notes").fill("Five taps.")
    page.get_by_role("button", name="Save", exact=True).evaluate(
        "button => { for (let n = 0; n < 5; n++) button.click() }"
    )
    page.wait_for_url("**/accounts/A001/")
    saved(page)
    assert Interaction.objects.count() == 1


def test_keys_are_enough(hub, open_hub):
    page = open_hub(hub.cast.funke)
    page.keyboard.press("l")
    who = page.locator("#quick-log").get_by_role("combobox", name="Who")
    expect(who).to_be_focused()
    page.keyboard.type("zenith")
    expect(page.get_by_role("option", name="Zenith Bank PLC")).to_be_visible()
    expect(who).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(who).to_have_attribute("aria-activedescendant", re.compile(".+_0"))
    page.keyboard.press("Enter")
    expect(who).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Space")  # the first channel has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("By keys alone.")
    page.keyboard.press("Tab")
    page.keyboard.type("Call again")
    page.keyboard.press("Enter")
    saved(page)
    entry = Interaction.objects.get()
    assert (entry.account.code, entry.contact, entry.channel) == ("A001", None, "phone")
    assert (entry.notes, entry.next_action) == ("By keys alone.", "Call again")


def test_who_is_chosen_by_an_arrow_stays_so_in_a_newer_list(hub, open_hub):
    page = open_hub(hub.cast.funke)
    page.keyboard.press("l")
    who = page.locator("#quick-log").get_by_role("combobox", name="Who")
    expect(who).to_be_focused()
    page.keyboard.type("zen")
    expect(page.get_by_role("option", name="Zenith Bank PLC")).to_be_visible()
    page.keyboard.press("ArrowDown")
    with page.expect_response(lambda response: "who=zenith" in response.url):
        page.keyboard.type("ith")
    expect(page.locator("#quick-log .who-options:not([data-stale])").first).to_be_attached()
    expect(who).to_have_attribute("aria-activedescendant", re.compile(".+_0"))


def test_escape_closes_the_list_then_the_dialog(hub, open_hub):
    page = open_hub(hub.cast.funke)
    page.keyboard.press("l")
    dialog = page.locator("#quick-log")
    expect(dialog).to_be_visible()
    page.keyboard.type("leye")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()


def test_a_rejected_form_keeps_what_was_typed_and_says_why(hub, open_hub):
    page = open_hub(hub.cast.funke)
    page.keyboard.press("l")
    form = page.locator("#quick-log form")
    form.get_by_role("textbox", name="Notes").fill("No channel yet.")
    form.get_by_role("combobox", name="Who").press_sequentially("leye")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_role("alert")).to_be_focused()
    expect(form.get_by_role("alert")).to_contain_text("Choose who it was.")
    expect(form.get_by_role("textbox", name="Notes")).to_have_value("No channel yet.")
    form.get_by_role("option", name="Tunde Leye").click()  # the candidates are there to choose from
    how(form, "E-mail").click()
    form.get_by_role("button", name="Save", exact=True).click()
    saved(page)
    assert Interaction.objects.get().contact.code == "C001"


@pytest.mark.parametrize("options", [{}, PHONE], ids=["desk", "phone"])
def test_an_empty_form_is_refused_within_the_policy_of_styles(hub, open_hub, options):
    page = open_hub(hub.cast.funke, **options)
    page.evaluate("broken = []; addEventListener('securitypolicyviolation', event => broken.push(event.blockedURI))")
    page.locator("[data-quick-log], .bottom-bar-log").filter(visible=True).click()
    form = page.locator("#quick-log form")
    form.get_by_role("button", name="Save", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("Say who it was with")
    assert page.locator("#quick-log [style]").count() == 0
    assert page.evaluate("broken") == []


def test_save_stays_above_the_bar_of_a_phone(hub, open_hub):
    page = open_hub(hub.cast.funke, **PHONE)
    page.goto("/interactions/log/")
    save = page.get_by_role("button", name="Save", exact=True).bounding_box()
    bar = page.locator(".bottom-bar").bounding_box()
    assert save["y"] + save["height"] <= bar["y"]
    expect(page.locator(".bottom-bar-log")).not_to_be_visible()


def test_save_and_schedule_next_goes_on_in_the_dialog(hub, open_hub):
    page = open_hub(hub.cast.funke)
    page.goto("/accounts/A001/")
    page.get_by_role("link", name="Log with Tunde Leye").click()
    form = page.locator("#quick-log form")
    how(form, "Meeting").click()
    form.get_by_role("button", name="Save and schedule next").click()
    next_action = form.get_by_label("Next action")
    expect(next_action).to_be_focused()
    next_action.fill("Send the quote")
    form.get_by_role("radio", name="Tomorrow").click()
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#open-actions")).to_contain_text("Send the quote")  # the page shows it at once
    assert Interaction.objects.get().next_action == "Send the quote"


def test_what_was_typed_survives_a_dead_line(hub, open_hub):
    page = open_hub(hub.cast.funke, faultless=False)
    page.keyboard.press("l")
    form = page.locator("#quick-log form")
    form.get_by_role("textbox", name="Notes").fill("A long story.")
    page.context.set_offline(True)
    form.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast-error")).to_contain_text("can't be reached")
    expect(form.get_by_role("textbox", name="Notes")).to_have_value("A long story.")
    page.context.set_offline(False)
    page.goto("/interactions/log/")
    expect(page.get_by_role("textbox", name="Notes")).to_have_value("A long story.")
    expect(page.get_by_text("What you typed earlier is back.")).to_be_visible()
    page.get_by_role("combobox", name="Who").press_sequentially("leye")
    page.get_by_role("option", name="Tunde Leye").click()
    how(page, "Phone").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/accounts/A001/")
    page.goto("/interactions/log/")
    expect(page.get_by_role("textbox", name="Notes")).to_have_value("")


def test_it_works_without_javascript(hub, open_hub):
    page = open_hub(hub.cast.funke, java_script_enabled=False)
    page.get_by_role("link", name="Log an interaction").first.click()
    page.get_by_label("Who", exact=True).fill("leye")
    how(page, "Phone").click()
    page.get_by_role("textbox", name="Notes").fill("Plain as a letter.")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("radio", name="Tunde Leye").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/accounts/A001/")
    expect(page.locator("#timeline")).to_contain_text("Plain as a letter.")
    assert Interaction.objects.get().contact.code == "C001"


def test_done_is_one_click_with_an_undo(hub, open_hub):
    from django.utils import timezone

    from interactions.log.actions import log_interaction
    from mikano_cx.kit.local_time import local_date

    at = timezone.now()
    given = {"next_action": "Send the quote", "due_on": local_date(at)}
    log_interaction(by=hub.cast.funke, at=at, account=hub.zenith, channel="phone", **given)
    page = open_hub(hub.cast.funke)
    page.get_by_role("button", name="Done: Send the quote").click()
    expect(page.locator("#my-day")).not_to_contain_text("Send the quote")
    assert Interaction.objects.get().done_at
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#my-day")).to_contain_text("Send the quote")
    assert Interaction.objects.get().done_at is None


@pytest.mark.parametrize("spelling", ["08031234567", "+234 803 123 4567", "803-123-45"])
def test_the_palette_finds_a_phone_number_in_any_spelling(hub, open_hub, spelling):
    page = open_hub(hub.cast.funke)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search accounts and contacts")).to_be_focused()
    page.keyboard.press("Control+k")
    page.locator("#palette-q").press_sequentially(spelling)
    expect(page.locator("#palette-results")).to_contain_text("Zenith Bank PLC")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/A001/")


def test_somebody_who_is_there_already_is_used_instead_of_made_again(hub, open_hub):
    page = open_hub(hub.cast.funke)
    page.keyboard.press("l")
    form = page.locator("#quick-log form")
    form.get_by_role("textbox", name="Notes").fill("Wants a price.")
    form.get_by_text("Somebody new").click()
    form.get_by_role("textbox", name="Full name").press_sequentially("Tunde Leyo")
    form.get_by_role("combobox", name="Works at").press_sequentially("zenith")
    expect(form.get_by_role("option", name="Zenith Bank PLC")).to_be_visible()
    page.keyboard.press("Enter")  # the account's choice brings what looks like the name there
    near = form.get_by_role("region", name="Near matches")
    expect(near).to_contain_text("C001")
    near.get_by_role("button", name=re.compile("Use this one")).click()
    expect(form.get_by_role("combobox", name="Who")).to_have_value("Tunde Leye")
    expect(form.get_by_role("textbox", name="Notes")).to_have_value("Wants a price.")
    expect(form.get_by_role("region", name="Near matches")).to_have_count(0)
    how(form, "Phone").check()
    form.get_by_role("button", name="Save", exact=True).click()
    saved(page)
    assert Interaction.objects.get().contact.code == "C001" and Contact.objects.count() == 2


def test_enter_saves_while_near_matches_show(hub, open_hub):
    page = open_hub(hub.cast.funke)
    page.goto("/interactions/log/?account=A001")
    page.get_by_text("Somebody new").click()
    page.get_by_role("textbox", name="Full name").press_sequentially("Tunde Leye")
    expect(page.get_by_role("region", name="Near matches")).to_contain_text("C001")
    page.get_by_role("textbox", name="Why is this another one?").fill("his son")
    how(page, "Phone").check()
    page.get_by_role("textbox", name="Why is this another one?").press("Enter")
    page.wait_for_url("**/accounts/A001/")
    assert Interaction.objects.get().contact.code == "C003"
