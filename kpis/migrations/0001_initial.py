import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Definition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('adoption', 'Adoption Rate')], max_length=40)),
                ('effective_from', models.DateField()),
                ('target', models.DecimalField(decimal_places=2, help_text='Percent; the figure must be above it.', max_digits=9)),
                ('text', models.TextField(help_text='The definition, shown beside every figure.')),
                ('created_at', models.DateTimeField()),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['metric', '-effective_from'],
                'constraints': [models.UniqueConstraint(fields=('metric', 'effective_from'), name='one_definition_a_metric_and_day')],
            },
        ),
    ]
