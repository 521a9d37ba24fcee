"""Search and "search first" look for a whole number or address: at 300,000 contacts that takes an index each."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_index_last_touch'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='account',
            index=models.Index(fields=['main_phone'], name='account_by_phone'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['mobile'], name='contact_by_mobile'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(django.db.models.functions.text.Upper('email'), name='contact_by_email'),
        ),
    ]
