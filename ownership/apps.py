"""The app of ownership: at start it connects the replay, names its notices and declares its schema."""

from django.apps import AppConfig

from mikano_cx.kit.schema import declare_schema


class OwnershipConfig(AppConfig):
    name = "ownership"
    verbose_name = "Ownership"

    def ready(self) -> None:
        from accounts.events import facts_changed
        from accounts.people.models.notices import NOTICE_LABELS
        from ownership.replay.actions.notices import NoticeKind
        from ownership.replay.receivers import on_facts_changed
        from ownership.schema import POSTGRESQL, SQLITE

        facts_changed.connect(on_facts_changed, dispatch_uid="ownership replays")
        NOTICE_LABELS.update(NoticeKind.choices)
        declare_schema(self, postgresql=POSTGRESQL, sqlite=SQLITE)
