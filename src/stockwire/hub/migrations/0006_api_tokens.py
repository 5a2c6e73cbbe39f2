from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

secure = import_module('stockwire.hub.migrations.0002_row_level_security').secure
FIND = """
    create function stockwire_user_by_api_token(hash text) returns table (client_id bigint, user_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select t.client_id, t.user_id from api_tokens t
           where t.token_hash = hash and t.revoked_at is null $$;
    do $$
    declare role_name text := coalesce(nullif(current_setting('stockwire.app_role', true), ''), 'stockwire_app');
    begin
        revoke execute on function stockwire_user_by_api_token from public;
        execute format('grant execute on function stockwire_user_by_api_token to %I', role_name);
    end $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0005_variants_alone'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('description', models.CharField(blank=True, default='', max_length=200)),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('last_used_at', models.DateTimeField(null=True)),
                ('revoked_at', models.DateTimeField(null=True)),
                ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='hub.client')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='hub.user')),
            ],
            options={
                'db_table': 'api_tokens',
            },
        ),
        migrations.RunSQL(secure('api_tokens')),
        migrations.RunSQL(FIND),
    ]
