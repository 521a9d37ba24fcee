from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts and contacts"

    def ready(self) -> None:
        from accounts.search import make_full_text_tables

        post_migrate.connect(make_full_text_tables, sender=self)
