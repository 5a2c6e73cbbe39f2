from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hub', '0020_first_seen'),
    ]

    operations = [
        migrations.AlterField(
            model_name='driftitem',
            name='kind',
            field=models.CharField(choices=[('missing', 'missing'), ('extra', 'extra'), ('different', 'different'), ('duplicate', 'duplicate'), ('hidden', 'hidden')], max_length=20),
        ),
    ]
