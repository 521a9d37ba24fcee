"""A101 comes before A1000: lists sort codes by their length first."""

from django.db import migrations, models
from django.db.models.functions import Length


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_index_lists_of_ownership")]

    operations = [
        migrations.AddIndex(
            model_name=name,
            index=models.Index(Length("code"), models.F("code"), name=f"{name}_by_code"),
        )
        for name in ("account", "contact")
    ]
