"""Signing in asks for neither the name's nor the address's case, so no two people may differ by case alone."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_index_phones_and_addresses'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='staff',
            constraint=models.UniqueConstraint(
                Lower('username'),
                name='a_sign_in_name_once_in_any_case',
            ),
        ),
        migrations.AddConstraint(
            model_name='staff',
            constraint=models.UniqueConstraint(
                Lower('email'),
                name='an_e_mail_address_once_in_any_case',
            ),
        ),
    ]
