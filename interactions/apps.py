from django.apps import AppConfig
from django.db.models.signals import post_migrate


class InteractionsConfig(AppConfig):
    name = "interactions"
    verbose_name = "Interaction log"

    def ready(self) -> None:
        from interactions.protection import protect_log

        post_migrate.connect(protect_log, sender=self)
