"""Orders that were fetched from the source by their number, and the wishes for them."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

secure = import_module("stockwire.hub.migrations.0002_row_level_security").secure


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0003_what_belongs_where'),
    ]

    operations = [
        migrations.CreateModel(
            name='OrderFetch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=40)),
                ('resources', models.JSONField(default=list)),
                ('who', models.CharField(max_length=150)),
                ('state', models.CharField(choices=[('waiting', 'Waiting for the agent'), ('found', 'Found'), ('missing', 'Not in Omni'), ('failed', 'Failed')], default='waiting', max_length=20)),
                ('message', models.TextField(blank=True, default='')),
                ('hint', models.TextField(blank=True, default='')),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('next_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('answered_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'order_fetches',
            },
        ),
        migrations.AddField(
            model_name='order',
            name='fetched_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='order',
            name='channel',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='hub.channel'),
        ),
        migrations.AlterField(
            model_name='order',
            name='channel_order_code',
            field=models.CharField(blank=True, default='', max_length=100),
        ),
        migrations.AlterField(
            model_name='order',
            name='status',
            field=models.CharField(blank=True, default='', max_length=60),
        ),
        migrations.AlterField(
            model_name='order',
            name='total',
            field=models.DecimalField(decimal_places=4, max_digits=16, null=True),
        ),
        migrations.AlterField(
            model_name='order',
            name='total_tax',
            field=models.DecimalField(decimal_places=4, max_digits=16, null=True),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('channel__isnull', False), ('total__isnull', False), ('total_tax__isnull', False)), ('fetched_at__isnull', False), _connector='OR'), name='only_fetched_orders_lack_a_channel'),
        ),
        migrations.AddField(
            model_name='orderfetch',
            name='client',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.client'),
        ),
        migrations.AddField(
            model_name='orderfetch',
            name='order',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='hub.order'),
        ),
        migrations.AddField(
            model_name='orderfetch',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.source'),
        ),
        migrations.AddIndex(
            model_name='orderfetch',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['source'], name='order_fetches_waiting'),
        ),
        migrations.RunSQL(secure("order_fetches"), migrations.RunSQL.noop),
    ]
