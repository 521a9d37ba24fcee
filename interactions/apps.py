from django.apps import AppConfig

from mikano_cx.kit.schema import declare_schema


class InteractionsConfig(AppConfig):
    name = "interactions"
    verbose_name = "Interaction log"

    def ready(self) -> None:
        from accounts.events import codes_given
        from interactions.sales import feed as feed
        from interactions.sales import review_feed as review_feed
        from interactions.sales.actions import on_codes_given
        from interactions.schema import POSTGRESQL, SQLITE
        from interactions.workbook import kind as kind

        codes_given.connect(on_codes_given, dispatch_uid="sales are attributed")
        declare_schema(self, postgresql=POSTGRESQL, sqlite=SQLITE)
