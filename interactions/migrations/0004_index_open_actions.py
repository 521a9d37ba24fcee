"""An account's page shows its open actions, few among thousands of entries."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_index_phones_and_addresses'),
        ('interactions', '0003_index_notes_and_due_days'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='interaction',
            index=models.Index(condition=models.Q(('done_at', None), ('voided_at', None), models.Q(('next_action', ''), _negated=True)), fields=['account'], name='open_action_by_account'),
        ),
    ]
