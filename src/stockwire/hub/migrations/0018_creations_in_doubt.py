from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0017_orders_of_several_sources'),
    ]

    operations = [
        migrations.AddField(
            model_name='stale',
            name='creating_since',
            field=models.DateTimeField(null=True),
        ),
    ]
