"""Objects of the accounts tables that only one kind of database has: trigram indexes, and indexes for sorting.

Lists sorted by last touch show records never touched as the oldest. PostgreSQL needs an index with NULLS LAST for that;
SQLite sorts missing values that way by itself.
"""

from mikano_cx.kit.schema import Extension, FullTextTable, Index, StorageParameters, UnwantedLikeIndex

ACCOUNTS, CONTACTS = "accounts_account", "accounts_contact"
FULL_TEXT = {ACCOUNTS: "accounts_account_fts", CONTACTS: "accounts_contact_fts"}
TRIGRAMS = "USING gin (search_text gin_trgm_ops)"
LATEST_TOUCH = "(last_interaction_at DESC NULLS LAST, id DESC)"
# Every saved entry updates its account and contact. Lists count these rows by index-only scans, which are quick only
# while the visibility map is fresh, so autovacuum runs after changes to 2 % of the rows instead of 20 %.
SOONER = "autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02"

SQLITE = [
    *(FullTextTable(name=name, table=table, column="search_text") for table, name in FULL_TEXT.items()),
    Index(name="account_by_touch", table=ACCOUNTS, definition="(last_interaction_at DESC, id)"),
    Index(name="contact_by_touch", table=CONTACTS, definition="(last_interaction_at DESC, id)"),
]
POSTGRESQL = [
    Extension(name="pg_trgm"),
    Index(name="account_search", table=ACCOUNTS, definition=TRIGRAMS),
    Index(name="contact_search", table=CONTACTS, definition=TRIGRAMS),
    Index(name="account_by_latest_touch", table=ACCOUNTS, definition=LATEST_TOUCH),
    Index(name="contact_by_latest_touch", table=CONTACTS, definition=LATEST_TOUCH),
    UnwantedLikeIndex(name="code", table=ACCOUNTS),
    UnwantedLikeIndex(name="erp_customer_id", table=ACCOUNTS),
    UnwantedLikeIndex(name="code", table=CONTACTS),
    StorageParameters(name="account_vacuum", table=ACCOUNTS, parameters=SOONER),
    StorageParameters(name="contact_vacuum", table=CONTACTS, parameters=SOONER),
]
