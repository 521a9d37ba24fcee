"""What a page of a room below says of ownership."""

from django import template

from accounts.imports.models import ImportRun
from ownership.replay.models import OwnerReview

register = template.Library()


@register.simple_tag
def owners_to_review(run: ImportRun) -> int:
    """How many owners of this import wait for a division head. One query."""
    return OwnerReview.objects.filter(import_run=run, state__in=OwnerReview.OPEN).count()
