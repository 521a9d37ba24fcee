import re
from collections.abc import Iterable
from typing import ClassVar

from django.db import connection, models


class CodeSeries(models.Model):
    """The last number given in each series of codes (A001, C001, I00001). One row a prefix, locked while counting."""

    prefix = models.CharField(max_length=3, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    WIDTHS: ClassVar[dict[str, int]] = {"A": 3, "DA": 3, "C": 3, "I": 5}  # DA is the demo's own
    LEAP: ClassVar[int] = 1_000_000

    class Meta:
        verbose_name_plural = "code series"

    def __str__(self) -> str:
        return f"{self.prefix}{self.last}"

    @staticmethod
    def of_accounts(*, demo: bool) -> str:
        """The series of accounts: the demo's stay out of the way of a workbook's."""
        return "DA" if demo else "A"

    @classmethod
    def take(cls, prefix: str, count: int = 1) -> list[str]:
        """The next `count` codes. Call inside a transaction: its row stays locked until the end of it."""
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
        """Count on and read in one statement; None while the series has no row."""
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE accounts_codeseries SET last = last + %s WHERE prefix = %s RETURNING last", [count, prefix]
            )
            row = cursor.fetchone()
        return row[0] if row else None

    @classmethod
    def reserve(cls, prefix: str, codes: Iterable[str]) -> None:
        """Move the series past the highest of the given codes, so that a file's own codes are never given again.

        A number more than `LEAP` above the one before it is left out: it is a slip of the keyboard, and following it
        would use the series up. (The series would need a million codes more to meet it.) Call inside a transaction,
        before inserting records with these codes: whoever takes a code at the same time waits.
        """
        last = cls.reach(prefix, codes)
        if last > 0:
            cls.objects.get_or_create(prefix=prefix)
            cls.objects.filter(prefix=prefix, last__lt=last).update(last=last)

    @classmethod
    def reach(cls, prefix: str, codes: Iterable[str]) -> int:
        """The number up to which the series is used once these codes are in, as `reserve` counts it."""
        last = cls.objects.filter(prefix=prefix).values_list("last", flat=True).first() or 0
        for number in sorted({int(m[1]) for code in codes if (m := re.fullmatch(rf"{prefix}0*(\d{{1,12}})", code))}):
            if number > last + cls.LEAP:
                break
            last = max(last, number)
        return last
