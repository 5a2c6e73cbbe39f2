from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0018_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='stale',
            name='creating_since',
            field=models.DateTimeField(null=True),
        ),
    ]
