"""The names of a model's columns, for queries that leave the long ones out."""

from collections.abc import Collection
from functools import cache

from django.db.models import Model


@cache
def columns_but(model: type[Model], left_out: Collection[str] = ()) -> tuple[str, ...]:
    """The names of the model's columns except those `left_out`, as `only` takes them."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.name not in left_out)
