"""Next actions of who leaves may be handed over to a colleague."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("interactions", "0015_online_reviews"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalinteraction",
            name="handed_to",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="next action handed to",
            ),
        ),
        migrations.AddField(
            model_name="interaction",
            name="handed_to",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="next action handed to",
            ),
        ),
        migrations.AddIndex(
            model_name="interaction",
            index=models.Index(
                condition=models.Q(
                    ("done_at", None),
                    ("handed_to__isnull", False),
                    ("voided_at", None),
                    models.Q(("next_action", ""), _negated=True),
                ),
                fields=["handed_to", "due_on"],
                name="open_action_handed_over",
            ),
        ),
    ]
