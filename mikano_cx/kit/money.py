"""Naira and kobo. Pure."""

from decimal import Decimal

KOBO = Decimal("0.01")
LIMIT = Decimal(10) ** 15
