"""The columns of a model, for queries that leave the long ones out."""

from collections.abc import Collection
from functools import cache

from django.db.models import Model


@cache
def columns_but(model: type[Model], left_out: Collection[str] = ()) -> tuple[str, ...]:
    """The names of the model's columns, as `only` takes them, but for those `left_out`."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.name not in left_out)
