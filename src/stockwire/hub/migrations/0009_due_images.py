from django.db import migrations

DUE = """
    create function stockwire_clients_with_due_images(moment timestamptz) returns table (client_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select distinct i.client_id from images i where i.active and i.next_at <= moment $$;
    do $$
    declare role_name text := coalesce(nullif(current_setting('stockwire.app_role', true), ''), 'stockwire_app');
    begin
        revoke execute on function stockwire_clients_with_due_images from public;
        execute format('grant execute on function stockwire_clients_with_due_images to %I', role_name);
    end $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0008_linked_sources'),
    ]

    operations = [
        migrations.RunSQL(DUE),
    ]
