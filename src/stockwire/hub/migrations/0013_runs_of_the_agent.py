"""Which run of the agent raised an order, and which run is speaking."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0012_customers_templates_segments'),
    ]

    operations = [
        migrations.AddField(
            model_name='agent',
            name='run',
            field=models.CharField(blank=True, default='', max_length=40),
        ),
        migrations.AddField(
            model_name='agent',
            name='run_before',
            field=models.CharField(blank=True, default='', max_length=40),
        ),
        migrations.AddField(
            model_name='order',
            name='raised_run',
            field=models.CharField(blank=True, default='', max_length=40),
        ),
        migrations.AddField(
            model_name='order',
            name='raised_run_s',
            field=models.FloatField(null=True),
        ),
    ]
