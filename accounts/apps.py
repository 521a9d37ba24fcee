from django.apps import AppConfig

from mikano_cx.kit.schema import declare_schema


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and contacts"

    def ready(self) -> None:
        from accounts.imports.customers.actions import refuse_erp_fields
        from accounts.imports.feeds.freshness import FIRST_LATE
        from accounts.people.models.staff import FETCHED_ALONG
        from accounts.records.actions import FIELD_GUARDS
        from accounts.schema import POSTGRESQL, SQLITE

        FIELD_GUARDS.append(refuse_erp_fields)
        FETCHED_ALONG["first_late"] = FIRST_LATE
        declare_schema(self, postgresql=POSTGRESQL, sqlite=SQLITE)
