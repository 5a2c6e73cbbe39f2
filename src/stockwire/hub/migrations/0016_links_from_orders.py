from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0015_variants_that_go'),
    ]

    operations = [
        migrations.AddField(
            model_name='channellink',
            name='from_order',
            field=models.BooleanField(db_default=False),
        ),
    ]
