"""Every odd, broken or hostile file is read or refused with a sentence, whatever the feed makes of its columns."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.imports.customers import rows as customer_rows
from accounts.imports.customers.rows import CUSTOMER_COLUMNS
from accounts.imports.files.columns import Column, Problem
from accounts.imports.files.file_reader import open_rows
from accounts.imports.files.layout import Layout
from interactions.sales import review_rows, sale_rows
from interactions.sales.review_rows import REVIEW_COLUMNS
from interactions.sales.sale_rows import LINE_COLUMNS, SALE_COLUMNS
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.sheets import Cell
from tests.conftest import TODAY

# None is needed and none has a name, so that nothing is missing: the test says which columns they are.
ANY = tuple(Column(f"c{n}", f"Column {n}", False, ()) for n in range(9))
ROWS = (customer_rows.CustomerRow, sale_rows.SaleRow, sale_rows.LineRow, review_rows.ReviewRow, Problem)
BLIND = Layout()


def files(shared_data: Path) -> list[Path]:
    return sorted(path for path in (shared_data / "hostile").rglob("*") if path.is_file())


def in_turn(cells: tuple[Cell, ...], fields: tuple[Column, ...], first: int) -> tuple[Cell, ...]:
    return tuple(cells[(first + at) % len(cells)] for at in range(len(fields)))


def tried(path: Path) -> tuple[int, list[str]]:
    """How many rows were understood or refused one by one, and what was said of the file."""
    try:
        with open_rows(path, BLIND, ANY) as rows:
            names = dict.fromkeys(name for name in rows.unused if rows.unused.count(name) == 1)
    except Refused as refused:
        return 0, [refused.message]
    count, said = 0, []
    try:
        with open_rows(path, BLIND, CUSTOMER_COLUMNS):
            pass
    except Refused as refused:
        said.append(refused.message)
    with open_rows(path, Layout(mapping=dict(zip((one.name for one in ANY), names, strict=False))), ANY) as rows:
        for count, row in enumerate(rows, start=1):
            assert_understood(row.cells, count)
    return count, said


def assert_understood(cells: tuple[Cell, ...], first: int) -> None:
    for found in (
        customer_rows.customer(in_turn(cells, CUSTOMER_COLUMNS, first), BLIND, ""),
        sale_rows.sale(in_turn(cells, SALE_COLUMNS, first), BLIND, "", TODAY),
        sale_rows.line(in_turn(cells, LINE_COLUMNS, first), BLIND, ""),
        review_rows.review(in_turn(cells, REVIEW_COLUMNS, first), BLIND, "", TODAY),
    ):
        assert isinstance(found, ROWS)
        assert not isinstance(found, Problem) or found.text.endswith(".")


def test_all_are_read_or_refused_with_a_sentence(shared_data) -> None:
    paths = files(shared_data)
    assert len(paths) > 150
    with ThreadPoolExecutor(4) as pool:
        outcome = list(pool.map(tried, paths))
    for message in chain.from_iterable(said for _, said in outcome):
        assert message[0].isupper()
        assert message[-1] == "."
        assert "\n" not in message
    assert sum(count > 0 for count, _ in outcome) > 60


HEADER = st.sampled_from(
    [b"", b"ID,Name\n", b"ID;Name\n1;Zenith\n", b"\xef\xbb\xbfID,Name\n", "ID,Name\n".encode("utf-16")]
)
LAYOUTS = st.builds(
    Layout,
    encoding=st.sampled_from(["", "", "utf-8", "cp1252", "utf-16", "utf-7", "idna", "unicode_escape", "hex"]),
    delimiter=st.sampled_from(["", "", ",", ";", "t", '"', "\n", " ", "\0", "€"]),
    header_row=st.integers(0, 3),
    footer_rows=st.integers(0, 2),
    has_trailer=st.booleans(),
    mapping=st.dictionaries(st.sampled_from([f"c{n}" for n in range(9)]), st.text(max_size=5), max_size=2),
)


@settings(max_examples=400)
@given(HEADER, st.binary(max_size=200), LAYOUTS)
def test_no_bytes_raise_anything_but_a_refusal(tmp_path_factory, header: bytes, rest: bytes, layout: Layout) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(header + rest)
    try:
        with open_rows(path, layout, ANY) as rows:
            for row in rows:
                assert_understood(row.cells, 0)
    except Refused as refused:
        assert refused.message.endswith(".")
