"""The series that give records their codes."""

import re
from collections.abc import Iterable
from typing import ClassVar

from django.db import connection, models


class CodeSeries(models.Model):
    """The last number given in each series of codes (A001, C001, I00001): one row a prefix, locked while counting."""

    prefix = models.CharField(max_length=3, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    WIDTHS: ClassVar[dict[str, int]] = {"A": 3, "DA": 3, "C": 3, "I": 5}  # DA is for the demo
    LEAP: ClassVar[int] = 1_000_000

    class Meta:
        verbose_name_plural = "code series"

    def __str__(self) -> str:
        return f"{self.prefix}{self.last}"

    @staticmethod
    def of_accounts(*, demo: bool) -> str:
        """The prefix of accounts. The demo has its own, so that a workbook finds its codes free."""
        return "DA" if demo else "A"

    @classmethod
    def take(cls, prefix: str, count: int = 1) -> list[str]:
        """The next `count` codes. Call it inside a transaction: the series stays locked until its end."""
        last = cls._advance(prefix, count)
        if last is None:
            cls.objects.get_or_create(prefix=prefix)
            last = cls._advance(prefix, count)
        assert last is not None
        return [cls.code(prefix, number) for number in range(last - count + 1, last + 1)]

    @classmethod
    def code(cls, prefix: str, number: int) -> str:
        return f"{prefix}{number:0{cls.WIDTHS[prefix]}d}"

    @classmethod
    def _advance(cls, prefix: str, count: int) -> int | None:
        """Increment the series and return the number in one statement; None while the series has no row."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_codeseries SET last = last + %s WHERE prefix = %s RETURNING last", [count, prefix]
            )
            row = cursor.fetchone()
        return row[0] if row else None

    @classmethod
    def reserve(cls, prefix: str, codes: Iterable[str]) -> None:
        """Move the series past the highest of the given codes, so that a file's own codes are never given again.

        A number more than `LEAP` above the next lower one is ignored as a typing error, because following it would use
        up the series, which would reach that number only after a million more codes. Call it inside a transaction,
        before inserting records with these codes: other requests that take codes then wait.
        """
        last = cls.reach(prefix, codes)
        if last > 0:
            cls.objects.get_or_create(prefix=prefix)
            cls.objects.filter(prefix=prefix, last__lt=last).update(last=last)

    @classmethod
    def reach(cls, prefix: str, codes: Iterable[str]) -> int:
        """The number that `reserve` would move the series to for these codes."""
        last = cls.objects.filter(prefix=prefix).values_list("last", flat=True).first() or 0
        for number in sorted({int(m[1]) for code in codes if (m := re.fullmatch(rf"{prefix}0*(\d{{1,12}})", code))}):
            if number > last + cls.LEAP:
                break
            last = max(last, number)
        return last
