"""What the agent's checks last said of a source, and the wish that it checks again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub", "0004_held_deactivations")]

    operations = [
        migrations.AddField(
            model_name="source",
            name="findings",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="source",
            name="findings_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="agent",
            name="check_now",
            field=models.BooleanField(default=False),
        ),
    ]
