"""Who is told by e-mail of what stops, and what they were told."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

secure = import_module("stockwire.hub.migrations.0002_row_level_security").secure
FIND = """
    create function stockwire_clients_to_tell() returns table (client_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select r.client_id from recipients r union select o.client_id from recipient_overrides o
           union select a.client_id from alerts a where a.over_at is null $$;
    do $$
    declare role_name text := coalesce(nullif(current_setting('stockwire.app_role', true), ''), 'stockwire_app');
    begin
        revoke execute on function stockwire_clients_to_tell from public;
        execute format('grant execute on function stockwire_clients_to_tell to %I', role_name);
    end $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0009_due_images'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notification', models.CharField(choices=[('agentSilent', 'An agent is silent'), ('queueError', 'A channel is stopped, or products need you'), ('getSourceProductsError', 'Products cannot be read'), ('addSourceOrderError', 'An order was not raised'), ('syncOrderError', 'An order could not be taken over')], max_length=40)),
                ('key', models.CharField(max_length=120)),
                ('title', models.CharField(max_length=300)),
                ('text', models.TextField(blank=True, default='')),
                ('fix', models.TextField(blank=True, default='')),
                ('began_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('tell_from', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('told_at', models.DateTimeField(null=True)),
                ('told_to', models.JSONField(default=list)),
                ('over_at', models.DateTimeField(null=True)),
                ('over_told_at', models.DateTimeField(null=True)),
                ('not_sent', models.TextField(blank=True, default='')),
                ('channel', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, to='hub.channel')),
                ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.client')),
                ('source', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, to='hub.source')),
            ],
            options={
                'db_table': 'alerts',
                'indexes': [models.Index(fields=['client', '-began_at'], name='alerts_newest')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('over_at', None)), fields=('client', 'notification', 'key'), name='one_open_alert_per_trouble')],
            },
        ),
        migrations.CreateModel(
            name='Recipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, default='', max_length=200)),
                ('email', models.EmailField(max_length=320)),
                ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.client')),
            ],
            options={
                'db_table': 'recipients',
                'constraints': [models.UniqueConstraint(models.F('client'), django.db.models.functions.text.Lower('email'), name='one_recipient_per_email')],
            },
        ),
        migrations.CreateModel(
            name='RecipientOverride',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notification', models.CharField(choices=[('agentSilent', 'An agent is silent'), ('queueError', 'A channel is stopped, or products need you'), ('getSourceProductsError', 'Products cannot be read'), ('addSourceOrderError', 'An order was not raised'), ('syncOrderError', 'An order could not be taken over')], max_length=40)),
                ('recipients', models.JSONField(default=list)),
                ('channel', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='hub.channel')),
                ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.client')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to='hub.source')),
            ],
            options={
                'db_table': 'recipient_overrides',
                'constraints': [models.UniqueConstraint(fields=('client', 'notification', 'channel', 'source'), name='one_override_per_place', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('channel', None), ('source', None), _connector='OR'), name='an_override_is_of_one_place_at_most')],
            },
        ),
        migrations.RunSQL("\n".join(secure(table) for table in ("recipients", "recipient_overrides", "alerts"))),
        migrations.RunSQL(FIND),
    ]
