"""What a row of online reviews says, or what keeps it out. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.imports.files.cell_parsers import NotMoney, number, said_in
from accounts.imports.files.columns import DIVISION, Column, looks_customer, looks_day, looks_id, looks_rating
from accounts.imports.files.layout import Layout
from accounts.imports.files.row_values import Wrong, or_problem, read_day, read_id, read_text, read_word
from mikano_cx.kit.sheets import Cell

PLATFORM = Column.named("platform", "Platform", "site source", longest=60)
AUTHOR = Column.named("author", "Author", "reviewer name", longest=120)
REVIEW_TEXT = Column.named("text", "Text", "review comment body", longest=10_000)
REVIEW_COLUMNS = (
    Column.named("external_id", "Review ID", "externalid id", looks_id, needed=True),
    Column.named("date", "Date", "reviewdate createdat publishedat", looks_day, needed=True),
    Column.named("rating", "Rating", "stars score", looks_rating, needed=True),
    Column.named("out_of", "Out of", "scale maximum", looks_rating),
    PLATFORM,
    AUTHOR,
    REVIEW_TEXT,
    DIVISION,
    Column.named("customer", "Customer", "customerid erpcustomerid", looks_customer),
)


class ReviewRow(NamedTuple):
    """`out_of` is what the best rating is: 5 where the file doesn't say."""

    external_id: str
    on: date
    rating: Decimal
    out_of: Decimal
    platform: str
    author: str
    text: str
    division: str
    customer: str


@or_problem
def review(cells: Sequence[Cell], layout: Layout, prefix: str, on: date) -> ReviewRow:
    """The row of a file of online reviews; cells as in REVIEW_COLUMNS. Or its Problem."""
    review_id, written_on, rating, out_of, platform, author, words, division, customer_id = cells
    external = read_id("external_id", review_id, prefix)
    if not external:
        raise Wrong("external_id", "missing_id", "This row has no review ID.")
    given, best = _rating(rating, out_of, layout)
    return ReviewRow(
        external,
        read_day("date", written_on, layout, on),
        given,
        best,
        read_text(PLATFORM, platform),
        read_text(AUTHOR, author),
        read_text(REVIEW_TEXT, words),
        read_word(DIVISION, division),
        read_id("customer", customer_id, prefix),
    )


def _rating(rating: Cell, out_of: Cell, layout: Layout) -> tuple[Decimal, Decimal]:
    """What was given and the best there is: 4 of 5, 4/5, 8 out of 10, ★★★★."""
    said = said_in(rating).replace(" ", "").lower()
    if not said:
        raise Wrong("rating", "missing_rating", "This row has no rating.")
    given, _, of = said.replace("outof", "/").partition("/")
    if set(given) <= set("★☆*"):
        given = str(len(given.replace("☆", "")))
    try:
        value = number(given, layout.decimal_comma)
        best = number(of or said_in(out_of) or "5", layout.decimal_comma)
    except NotMoney:
        raise Wrong("rating", "bad_rating", f"“{said_in(rating)[:40]}” is no rating, as 4 or 4/5.") from None
    if not 0 <= value <= best <= 100:
        raise Wrong("rating", "bad_rating", f"“{said_in(rating)[:40]}” is no rating between 0 and {best:f}.")
    return round(value, 2), round(best, 2)
