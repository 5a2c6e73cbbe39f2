from importlib import import_module

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

secure = import_module('stockwire.hub.migrations.0002_row_level_security').secure
FIND = """
    create function stockwire_nightly_channels() returns table (client_id bigint, channel_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select c.client_id, c.id from channels c
           where c.active and c.live and c.reconcile_hour is not null $$;
    do $$
    declare role_name text := coalesce(nullif(current_setting('stockwire.app_role', true), ''), 'stockwire_app');
    begin
        revoke execute on function stockwire_nightly_channels from public;
        execute format('grant execute on function stockwire_nightly_channels to %I', role_name);
    end $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0013_runs_of_the_agent'),
    ]

    operations = [
        migrations.AddField(
            model_name='channel',
            name='reconcile_hour',
            field=models.IntegerField(default=3, null=True),
        ),
        migrations.AddField(
            model_name='channel',
            name='reconcile_policy',
            field=models.CharField(choices=[('report', 'Report only'), ('repair', 'Repair')], default='report', max_length=20),
        ),
        migrations.AddField(
            model_name='known',
            name='answered',
            field=models.JSONField(db_default={}),
        ),
        migrations.AddField(
            model_name='knownproduct',
            name='answered',
            field=models.JSONField(db_default={}),
        ),
        migrations.CreateModel(
            name='DriftReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('requested', 'Requested'), ('reading', 'Reading'), ('done', 'Done'), ('failed', 'Failed')], default='requested', max_length=20)),
                ('asked_by', models.CharField(max_length=150)),
                ('repairs', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None)),
                ('bounded', models.BooleanField(default=False)),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('tries', models.IntegerField(default=0)),
                ('listed', models.IntegerField(default=0)),
                ('linked', models.IntegerField(default=0)),
                ('counts', models.JSONField(default=dict)),
                ('repaired', models.JSONField(default=dict)),
                ('notes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('message', models.TextField(blank=True, default='')),
                ('hint', models.TextField(blank=True, default='')),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.channel')),
                ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.client')),
            ],
            options={
                'db_table': 'drift_reports',
            },
        ),
        migrations.CreateModel(
            name='DriftItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('missing', 'missing'), ('extra', 'extra'), ('different', 'different'), ('duplicate', 'duplicate')], max_length=20)),
                ('sku', models.CharField(blank=True, max_length=500)),
                ('product_code', models.CharField(blank=True, max_length=100)),
                ('variant_code', models.CharField(blank=True, default='', max_length=100)),
                ('group', models.CharField(blank=True, default='', max_length=20)),
                ('field', models.CharField(blank=True, default='', max_length=120)),
                ('confirmed', models.JSONField(null=True)),
                ('shown', models.JSONField(null=True)),
                ('wanted', models.JSONField(null=True)),
                ('said', models.TextField(blank=True, default='')),
                ('repaired', models.CharField(blank=True, default='', max_length=200)),
                ('client', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.client')),
                ('product', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, to='hub.product')),
                ('variant', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, to='hub.variant')),
                ('report', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.driftreport')),
            ],
            options={
                'db_table': 'drift_items',
            },
        ),
        migrations.AddIndex(
            model_name='driftreport',
            index=models.Index(fields=['channel', '-id'], name='drift_newest'),
        ),
        migrations.AddIndex(
            model_name='driftitem',
            index=models.Index(fields=['report', 'kind', 'id'], name='drift_items_by_kind'),
        ),
        migrations.RunSQL(secure('drift_reports') + secure('drift_items')),
        migrations.RunSQL(FIND),
    ]
