from django.apps import AppConfig

from mikano_cx.kit.schema import declare_schema


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and contacts"

    def ready(self) -> None:
        from accounts.feeds import customers as customers
        from accounts.feeds.freshness import FIRST_LATE
        from accounts.models.staff import BESIDE
        from accounts.schema import POSTGRESQL, SQLITE

        BESIDE["first_late"] = FIRST_LATE
        declare_schema(self, postgresql=POSTGRESQL, sqlite=SQLITE)
