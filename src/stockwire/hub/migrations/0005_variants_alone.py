from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0004_fetched_orders'),
    ]

    operations = [
        migrations.AddField(
            model_name='channellink',
            name='below',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name='variant',
            name='active',
            field=models.BooleanField(db_default=True),
        ),
    ]
