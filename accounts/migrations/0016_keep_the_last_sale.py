"""The pool asks when an account was last sold to: a column answers, not a look at all sales."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0015_feeds"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="last_sale_on",
            field=models.DateField(blank=True, editable=False, null=True, verbose_name="last sale"),
        ),
        migrations.AddIndex(
            model_name="account",
            index=models.Index(
                condition=models.Q(("ownership_state", "orphan")),
                fields=["last_sale_on"],
                name="account_orphans_by_sale",
            ),
        ),
    ]
