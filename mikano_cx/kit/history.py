"""A history of changes that adds as little as possible to the cost of each change."""

from collections.abc import Sequence
from typing import Any

from simple_history.models import HistoricalRecords


class LeanHistory(HistoricalRecords):
    """A history with an index on its record and on the fields `indexed`, and no others.

    Busy records' histories are only queried for one record; every other index would slow each change down.
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
