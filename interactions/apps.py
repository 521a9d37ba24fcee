from django.apps import AppConfig

from mikano_cx.kit.schema import declare_schema


class InteractionsConfig(AppConfig):
    name = "interactions"
    verbose_name = "Interaction log"

    def ready(self) -> None:
        from accounts.events import codes_given
        from interactions.feeds import reviews as reviews
        from interactions.feeds import sales as sales
        from interactions.sales_actions import on_codes_given
        from interactions.schema import POSTGRESQL, SQLITE

        codes_given.connect(on_codes_given, dispatch_uid="sales are attributed")
        declare_schema(self, postgresql=POSTGRESQL, sqlite=SQLITE)
