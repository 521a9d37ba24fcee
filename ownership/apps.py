from django.apps import AppConfig
from django.db.models.signals import post_migrate

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
        from ownership.triggers import protect_ownership

        facts_changed.connect(on_facts_changed, dispatch_uid="ownership replays")
        FETCHED_ALONG["unread_notices"] = UNREAD
        post_migrate.connect(protect_ownership, sender=self)
