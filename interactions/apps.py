from django.apps import AppConfig
from django.db.models.signals import post_migrate


class InteractionsConfig(AppConfig):
    name = "interactions"
    verbose_name = "Interaction log"

    def ready(self) -> None:
        from accounts.events import codes_given
        from interactions.log.triggers import protect_log
        from interactions.sales.actions import on_codes_given

        codes_given.connect(on_codes_given, dispatch_uid="sales are attributed")
        post_migrate.connect(protect_log, sender=self)
