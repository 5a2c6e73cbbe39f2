from django.db import migrations, models


class Migration(migrations.Migration):
    """Every order there is stays the first and only document of its own, with its reference."""

    dependencies = [
        ('hub', '0016_links_from_orders'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='order',
            name='one_order_per_channel_code',
        ),
        migrations.AddField(
            model_name='order',
            name='part',
            field=models.SmallIntegerField(db_default=1),
        ),
        migrations.AddIndex(
            model_name='order',
            index=models.Index(
                condition=models.Q(('part__gt', 1)),
                fields=['client', 'channel', 'channel_order_code'],
                name='orders_of_several_sources',
            ),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(
                fields=('channel', 'channel_order_code', 'part'), name='one_order_per_channel_code'
            ),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(
                fields=('channel', 'channel_order_code', 'source'), name='one_document_per_source'
            ),
        ),
    ]
