"""What a row of the ERP's customers says, or what keeps it out. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from accounts.imports.files.cell_parsers import said_in
from accounts.imports.files.columns import ADDRESS, DIVISION, ERP_ID, INDUSTRY, MAIN_PHONE, NAME, Column, unfit_id
from accounts.imports.files.layout import Layout
from accounts.imports.files.row_values import Wrong, or_problem, read_id, read_text, read_word
from mikano_cx.kit import phones
from mikano_cx.kit.names import company_key
from mikano_cx.kit.sheets import Cell

CREDIT_STATUS = Column.named("credit_status", "Credit status", "creditstanding", longest=40)
CUSTOMER_COLUMNS = (
    ERP_ID.also(
        "externalid customernumber customerno customercode accountnumber accountno id",
        name="external_id",
        label="ERP customer ID",
        needed=True,
    ),
    NAME,
    INDUSTRY,
    CREDIT_STATUS,
    ADDRESS,
    Column.named("address2", "City", "town address2 addressline2"),
    MAIN_PHONE,
    DIVISION,
)


class CustomerRow(NamedTuple):
    external_id: str
    name: str
    name_key: str
    industry: str
    credit_status: str
    address: str
    main_phone: str
    search_digits: str
    division: str


@or_problem
def customer(cells: Sequence[Cell], layout: Layout, prefix: str) -> CustomerRow:
    """The row of a customer file; cells as in CUSTOMER_COLUMNS. Or its Problem."""
    erp_id, name, industry, credit_status, address, address2, phone, division = cells
    official = read_text(NAME, name)
    if not official:
        raise Wrong("name", "missing_name", "This row has no name.")
    external = read_id("external_id", erp_id, prefix)
    if not external:
        raise Wrong("external_id", "missing_id", "This row has no ERP customer ID.")
    if why := unfit_id(said_in(erp_id), official):
        raise Wrong("external_id", "bad_id", why)
    place = ", ".join(filter(None, (said_in(address), said_in(address2))))
    main_phone = phones.e164_or_typed(read_text(MAIN_PHONE, phone))
    return CustomerRow(
        external,
        official,
        company_key(official)[: NAME.longest],
        read_word(INDUSTRY, industry),
        read_word(CREDIT_STATUS, credit_status),
        read_text(ADDRESS, place),
        main_phone,
        phones.search_digits(main_phone),
        read_word(DIVISION, division),
    )
