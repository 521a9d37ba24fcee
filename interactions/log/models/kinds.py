"""Models of the kinds of interaction and their versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from mikano_cx.kit.prepared_queries import Composed


class InteractionKind(models.Model):
    """The stable name of a kind: what an interaction was about (meeting, quote sent, left a message, ...).

    Its versions hold its meaning: the label, whether it is substantive, and whether it is offered.
    """

    slug = models.SlugField(max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.slug.replace("-", " ").capitalize()


class KindVersionQuerySet(models.QuerySet["KindVersion"]):
    def in_force(self, at: datetime) -> "KindVersionQuerySet":
        """The version of each kind that is in force at the instant `at`."""
        newest = (
            KindVersion.objects.filter(kind=models.OuterRef("kind"), effective_from__lte=at)
            .order_by("-effective_from", "-pk")
            .values("pk")[:1]
        )
        return self.filter(pk=models.Subquery(newest)).select_related("kind").order_by("kind__position", "label")


class KindVersion(models.Model):
    """A kind's meaning from an instant on. The P&BI team adds versions; none is ever edited."""

    kind = models.ForeignKey(InteractionKind, on_delete=models.PROTECT, related_name="versions")
    effective_from = models.DateTimeField()
    label = models.CharField(max_length=60)
    substantive = models.BooleanField(
        help_text="Whether it can claim an orphan account (strategy v9, Rules of Engagement, rule 2)."
    )
    offered = models.BooleanField("offered when logging", default=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    objects = KindVersionQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "effective_from"], name="one_version_of_a_kind_an_instant")
        ]

    def __str__(self) -> str:
        return self.label

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A version of a kind is never edited: add another one.")
        super().save(*args, **kwargs)


_versions_until = Composed(
    lambda at: (
        KindVersion.objects.filter(effective_from__lte=at).select_related("kind").order_by("effective_from", "pk")
    ),
    datetime,
)


@dataclass(frozen=True)
class Kinds:
    """The version of each kind at the instant `at`, read once and passed on."""

    at: datetime
    versions: tuple[KindVersion, ...]

    @classmethod
    def of(cls, at: datetime) -> "Kinds":
        """Read the versions in force at the instant `at`. One plain query: kinds and versions are few."""
        newest: dict[int, KindVersion] = {}
        for version in _versions_until.of(at):
            newest[version.kind_id] = version
        return cls(at, tuple(sorted(newest.values(), key=lambda version: (version.kind.position, version.label))))

    @property
    def offered(self) -> list[KindVersion]:
        return [version for version in self.versions if version.offered]

    def find(self, *, slug: str = "", kind: InteractionKind | None = None) -> KindVersion | None:
        """The version of the kind; None if it isn't in force."""
        return next((v for v in self.versions if (v.kind == kind if kind else v.kind.slug == slug)), None)
