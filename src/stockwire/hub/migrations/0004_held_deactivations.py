"""Deactivations that wait for a person. Whether orders are raised in a source is one of its settings only."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# As in 0002.
SECURE = """
    alter table held_deactivations enable row level security;
    alter table held_deactivations force row level security;
    create policy one_client on held_deactivations
        using (client_id = (select nullif(current_setting('stockwire.client', true), '')::bigint))
        with check (client_id = (select nullif(current_setting('stockwire.client', true), '')::bigint));
"""
# The owner is bound by the policies too, and here it speaks for every client.
INTO_THE_SETTINGS = """
    alter table sources no force row level security;
    update sources set settings = settings || '{"create_order_enabled": false}'::jsonb
        where not create_order_enabled;
    alter table sources force row level security;
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0002_row_level_security")]

    operations = [
        migrations.CreateModel(
            name="HeldDeactivation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source_product_code", models.CharField(max_length=100)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="hub.client"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="hub.source"
                    ),
                ),
            ],
            options={
                "db_table": "held_deactivations",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "source_product_code"), name="one_held_deactivation_per_code"
                    )
                ],
            },
        ),
        migrations.RunSQL(SECURE),
        migrations.AddField(
            model_name="source",
            name="deactivations_confirmed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(INTO_THE_SETTINGS),
        migrations.RemoveField(model_name="source", name="create_order_enabled"),
    ]
