"""Row-level security on every table that carries a client, and the few look-ups that cross clients.

The tables belong to the owner that runs migrations. The application's role (stockwire.app_role, by default
stockwire_app) gets plain rights and cannot bypass the policies; the audit it may only add to.
"""

from django.db import migrations

TABLES = [
    "users", "sources", "source_problems", "agents", "channels", "lanes",
    "held_deactivations", "products", "variants", "price_tiers", "quantities", "product_meta", "images",
    "links", "known", "stale",
    "orders", "order_lines", "order_shipping_lines", "order_tax_lines", "order_discounts",
    "order_addresses", "order_params", "order_history", "order_marks", "webhook_receipts",
    "audit",
]

# The sub-select makes PostgreSQL evaluate the setting once per statement instead of once per row.
OURS = "(select nullif(current_setting('stockwire.client', true), '')::bigint)"


def secure(table: str, column: str = "client_id") -> str:
    return f"""
        alter table {table} enable row level security;
        alter table {table} force row level security;
        create policy one_client on {table}
            using ({column} = {OURS}) with check ({column} = {OURS});
    """


FUNCTIONS = """
    create function stockwire_agent_by_token(hash text) returns table (client_id bigint, agent_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select a.client_id, a.id from agents a where a.token_hash = hash and hash <> '' $$;
    create function stockwire_agent_by_code(hash text) returns table (client_id bigint, agent_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select a.client_id, a.id from agents a where a.code_hash = hash and hash <> '' $$;
    create function stockwire_user_by_username(name text) returns table (client_id bigint, user_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select u.client_id, u.id from users u where lower(u.username) = lower(name) $$;
    create function stockwire_channel_by_webhook_key(key text)
        returns table (client_id bigint, channel_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select c.client_id, c.id from channels c where c.webhook_key = key $$;
    create function stockwire_due_lanes(moment timestamptz) returns table (client_id bigint, lane_id bigint)
        language sql stable security definer set search_path = public, pg_temp as
        $$ select l.client_id, l.id from lanes l
           where not l.paused and (l.lease_until is null or l.lease_until < moment)
           and (l.next_at <= moment
                -- A mark that was committed after its lane had looked, and whose wake-up was taken for another.
                or l.attempts = 0 and l.kind = 'push' and exists (
                    select 1 from stale s where s.channel_id = l.channel_id
                    and s.state in ('waiting', 'backing_off') and s.next_at <= moment)
                or l.attempts = 0 and l.kind = 'orders' and exists (
                    select 1 from order_marks m where m.channel_id = l.channel_id
                    and not m.needs_you and m.next_at <= moment)) $$;
"""

GRANTS = """
    do $$
    declare role_name text := coalesce(nullif(current_setting('stockwire.app_role', true), ''), 'stockwire_app');
    begin
        if not exists (select 1 from pg_roles where rolname = role_name) then
            raise exception 'The application role % does not exist. Create it first (docs/operate.md).', role_name;
        end if;
        execute format('grant usage on schema public to %I', role_name);
        execute format('grant select, insert, update, delete on all tables in schema public to %I', role_name);
        execute format('grant usage, select on all sequences in schema public to %I', role_name);
        execute format('grant execute on all functions in schema public to %I', role_name);
        execute format('alter default privileges in schema public grant select, insert, update, delete'
                       ' on tables to %I', role_name);
        execute format('alter default privileges in schema public grant usage, select on sequences to %I', role_name);
        execute format('revoke update, delete on audit from %I', role_name);
        execute format('revoke insert, update, delete on django_migrations from %I', role_name);
        revoke execute on function stockwire_agent_by_token, stockwire_agent_by_code, stockwire_user_by_username,
            stockwire_channel_by_webhook_key, stockwire_due_lanes from public;
    end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_initial"), ("procrastinate", "0041_post_retry_failed_job"), ("sessions", "0001_initial")]

    operations = [
        migrations.RunSQL("\n".join(secure(table) for table in TABLES) + secure("clients", "id")),
        migrations.RunSQL(FUNCTIONS),
        migrations.RunSQL(GRANTS),
    ]
