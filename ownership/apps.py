from django.apps import AppConfig

from mikano_cx.kit.schema import declare_schema

UNREAD = (  # no further than the bell counts
    "SELECT COUNT(*) FROM (SELECT 1 FROM ownership_notice n WHERE n.to_id = p.id AND n.read_at IS NULL LIMIT 100) u"
)


class OwnershipConfig(AppConfig):
    name = "ownership"
    verbose_name = "Ownership"

    def ready(self) -> None:
        from accounts.events import facts_changed
        from accounts.people.models.staff import FETCHED_ALONG
        from ownership.replay.receivers import on_facts_changed
        from ownership.schema import POSTGRESQL, SQLITE

        facts_changed.connect(on_facts_changed, dispatch_uid="ownership replays")
        FETCHED_ALONG["unread_notices"] = UNREAD
        declare_schema(self, postgresql=POSTGRESQL, sqlite=SQLITE)
