from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and contacts"

    def ready(self) -> None:
        from accounts.feeds import customers as customers
        from accounts.feeds.freshness import FIRST_LATE
        from accounts.models.staff import BESIDE
        from accounts.search import make_full_text_tables

        BESIDE["first_late"] = FIRST_LATE
        post_migrate.connect(make_full_text_tables, sender=self)
