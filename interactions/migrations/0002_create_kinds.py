"""The closed list of kinds, as first defined (strategy v9, Rules of Engagement, rule 2: what is substantive)."""

from datetime import datetime, timezone

from django.db import migrations

KINDS = [  # slug, label, substantive
    ("conversation", "Conversation", False),
    ("meeting", "Meeting", True),
    ("site-visit", "Site visit", True),
    ("demonstration", "Demonstration", True),
    ("request-for-quote", "Request for quote", True),
    ("quote-sent", "Quote sent", True),
    ("negotiation", "Negotiation", True),
    ("order", "Order", True),
    ("technical-survey", "Technical survey", True),
    ("service-request", "Service request", False),
    ("complaint", "Complaint", False),
    ("information-sent", "Information sent", False),
    ("payment-follow-up", "Payment follow-up", False),
    ("left-a-message", "Left a message", False),
    ("birthday-greeting", "Birthday greeting", False),
    ("internal-note", "Internal note", False),
]
BEGINNING = datetime(2000, 1, 1, tzinfo=timezone.utc)


def create_kinds(apps, schema_editor):
    InteractionKind = apps.get_model("interactions", "InteractionKind")
    KindVersion = apps.get_model("interactions", "KindVersion")
    for position, (slug, label, substantive) in enumerate(KINDS):
        kind = InteractionKind.objects.create(slug=slug, position=position)
        KindVersion.objects.create(
            kind=kind, effective_from=BEGINNING, label=label, substantive=substantive, created_at=BEGINNING
        )


class Migration(migrations.Migration):
    dependencies = [("interactions", "0001_initial")]

    operations = [migrations.RunPython(create_kinds, migrations.RunPython.noop)]
