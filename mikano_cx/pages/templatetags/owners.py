"""A tag by which templates of lower apps show what `ownership` knows of an import."""

from django import template

from accounts.imports.models import ImportRun
from ownership.replay.models import OwnerReview

register = template.Library()


@register.simple_tag
def owners_to_review(run: ImportRun) -> int:
    """The number of owners of this import that wait for a division head. One query."""
    return OwnerReview.objects.filter(import_run=run, state__in=OwnerReview.OPEN).count()
