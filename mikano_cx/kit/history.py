"""A history of changes that costs each change as little as it can."""

from collections.abc import Sequence
from typing import Any

from simple_history.models import HistoricalRecords


class LeanHistory(HistoricalRecords):
    """A history that is indexed by its record alone, and by the fields that `indexed` names.

    Histories of records that change all day are asked for one record's changes; every further index of theirs makes
    each change cost more.
    """

    def __init__(self, *, indexed: Sequence[str] = (), **options: Any) -> None:
        super().__init__(**options)
        self.indexed = indexed

    def copy_fields(self, model: Any) -> dict[str, Any]:
        fields: dict[str, Any] = super().copy_fields(model)
        for field in fields.values():
            if field.name not in (model._meta.pk.name, *self.indexed):
                field.db_index = False
        return fields

    def get_extra_fields(self, model: Any, fields: Any) -> dict[str, Any]:
        extra: dict[str, Any] = super().get_extra_fields(model, fields)
        for name in ("history_date", "history_user"):
            extra[name].db_index = False
        return extra
