"""Who brought a product, and when a quantity changed last and from what. Of what is there already neither is
known, so it stays empty there; no table is written anew."""

from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0019_creations_in_doubt'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='created_by',
            field=models.CharField(blank=True, db_default='', max_length=150),
        ),
        migrations.AddField(
            model_name='quantity',
            name='changed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='quantity',
            name='changed_at',
            field=models.DateTimeField(db_default=Now(), null=True),
        ),
        migrations.AddField(
            model_name='quantity',
            name='changed_from',
            field=models.DecimalField(decimal_places=4, max_digits=16, null=True),
        ),
    ]
