from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0014_drift'),
    ]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='gone_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveConstraint(
            model_name='helddeactivation',
            name='one_held_deactivation_per_code',
        ),
        migrations.RenameField(
            model_name='helddeactivation',
            old_name='source_product_code',
            new_name='source_variant_code',
        ),
        migrations.AddConstraint(
            model_name='helddeactivation',
            constraint=models.UniqueConstraint(
                fields=('source', 'source_variant_code'), name='one_held_deactivation_per_code'
            ),
        ),
    ]
