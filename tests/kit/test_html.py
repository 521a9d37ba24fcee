"""HTML of many rows is escaped as Django escapes it."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from mikano_cx.kit.html import escaped, markup, markup_of_each
from mikano_cx.kit.tables import address_of_page

NASTY = """<img src=x onerror="alert('1')"> & co"""


@pytest.mark.parametrize("value", [NASTY, SafeString("<b>bold</b>"), 12, None, gettext_lazy("<i>later</i>")])
def test_it_escapes_as_django_does(value: Any) -> None:
    assert escaped(value) == conditional_escape(value)
    assert markup('<a title="{0}">{0}</a>', value) == format_html('<a title="{0}">{0}</a>', value)
    assert markup_of_each("<li>{}</li>", [(value,), (value,)]) == 2 * format_html("<li>{}</li>", value)


def test_what_it_made_is_not_escaped_again() -> None:
    assert markup("<p>{}</p>", markup("<b>{}</b>", "<")) == "<p><b>&lt;</b></p>"


def test_a_file_s_name_may_break_behind_what_joins_its_words_and_is_escaped() -> None:
    drawn = Template("{{ name|file_name }}").render(Context({"name": "a_<b>_1.csv"}))
    assert drawn == "a_<wbr>&lt;b&gt;_<wbr>1.csv<wbr>"


def test_a_component_drawn_with_a_safe_text_lets_no_unsafe_twin_through() -> None:
    badge = Template('{% ui "badge" text=text %}')
    assert "<b>x</b>" in badge.render(Context({"text": SafeString("<b>x</b>")}))
    assert "<b>x</b>" not in badge.render(Context({"text": "<b>x</b>"}))


def test_a_row_leads_where_its_record_does() -> None:
    assert address_of_page("pages:account")(SimpleNamespace(code="A001")) == "/accounts/A001/"
    row = SimpleNamespace(account=SimpleNamespace(code='A 1"?'))
    assert address_of_page("pages:account", "account")(row) == "/accounts/A%201%22%3F/"
