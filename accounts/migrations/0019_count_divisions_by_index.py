from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_one_run_a_file"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="account",
            name="account_by_division",
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(fields=["division", "name", "owner", "ownership_state"], name="account_by_division"),
        ),
    ]
