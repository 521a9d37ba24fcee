from django.apps import AppConfig

from mikano_cx.kit.schema import declare_schema

UNREAD = (  # stops at the most that the bell shows
    "SELECT COUNT(*) FROM (SELECT 1 FROM accounts_notice n WHERE n.to_id = p.id AND n.read_at IS NULL LIMIT 100) u"
)


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and contacts"

    def ready(self) -> None:
        from accounts.imports.customers import comparison as comparison
        from accounts.imports.customers.actions import refuse_erp_fields
        from accounts.imports.feeds.freshness import FIRST_LATE
        from accounts.people.models.staff import FETCHED_ALONG
        from accounts.records.actions import FIELD_GUARDS
        from accounts.schema import POSTGRESQL, SQLITE

        FIELD_GUARDS.append(refuse_erp_fields)
        FETCHED_ALONG["first_late"] = FIRST_LATE
        FETCHED_ALONG["unread_notices"] = UNREAD
        declare_schema(self, postgresql=POSTGRESQL, sqlite=SQLITE)
