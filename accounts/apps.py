from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and contacts"

    def ready(self) -> None:
        from accounts.imports.customers.actions import refuse_erp_fields
        from accounts.imports.feeds.freshness import FIRST_LATE
        from accounts.people.models.staff import FETCHED_ALONG
        from accounts.records.actions import FIELD_GUARDS
        from accounts.records.search import make_full_text_tables

        FIELD_GUARDS.append(refuse_erp_fields)
        FETCHED_ALONG["first_late"] = FIRST_LATE
        post_migrate.connect(make_full_text_tables, sender=self)
